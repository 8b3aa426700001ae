/** Loudness of a piece of sound, 0 to 1, on a scale that follows the ear. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const level = Math.sqrt(sum / Math.max(samples.length, 1));
  // -50 dB is silence in a room, -5 dB is as loud as people speak into a microphone.
  const decibels = 20 * Math.log10(Math.max(level, 1e-6));
  return Math.min(1, Math.max(0, (decibels + 50) / 45));
}

/** 16-bit mono PCM in a RIFF file. */
export function wav(pieces: readonly Float32Array[], rate: number): Blob {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const view = new DataView(new ArrayBuffer(44 + length * 2));
  const text = (at: number, word: string) => {
    for (let i = 0; i < word.length; i += 1) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, 36 + length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, length * 2, true);
  let at = 44;
  for (const piece of pieces) {
    for (const sample of piece) {
      const bounded = Math.min(1, Math.max(-1, sample));
      view.setInt16(at, Math.round(bounded * 32_767), true);
      at += 2;
    }
  }
  return new Blob([view], { type: "audio/wav" });
}
