import { loudness, wav } from "./wav";

export const LONGEST_SECONDS = 15 * 60;

export type NoMicrophone = "denied" | "none" | "unavailable";

interface Hearing {
  onLevel: (level: number, seconds: number) => void;
  onFull: () => void;
}

/** A recording under way. Nothing is kept of one that is thrown away. */
export class Recording {
  #pieces: Float32Array[] = [];
  #samples = 0;
  #ended = false;
  #stream: MediaStream;
  #context: AudioContext;

  private constructor(stream: MediaStream, context: AudioContext) {
    this.#stream = stream;
    this.#context = context;
  }

  static async start(hearing: Hearing): Promise<Recording> {
    if (!navigator.mediaDevices || !window.AudioContext || !("audioWorklet" in AudioContext.prototype)) {
      throw new MicrophoneError("unavailable");
    }
    const stream = await navigator.mediaDevices
      .getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } })
      .catch((error: unknown) => {
        const name = error instanceof DOMException ? error.name : "";
        throw new MicrophoneError(name === "NotAllowedError" ? "denied" : "none");
      });
    const context = new AudioContext();
    try {
      await context.audioWorklet.addModule("/recorder.js");
      const recording = new Recording(stream, context);
      const worklet = new AudioWorkletNode(context, "ownline-recorder", { numberOfOutputs: 0 });
      worklet.port.onmessage = ({ data }: MessageEvent<Float32Array>) => recording.#hear(data, hearing);
      context.createMediaStreamSource(stream).connect(worklet);
      await context.resume();
      return recording;
    } catch {
      for (const track of stream.getTracks()) track.stop();
      void context.close();
      throw new MicrophoneError("unavailable");
    }
  }

  #hear(piece: Float32Array, hearing: Hearing): void {
    // What was on its way when it ended belongs to no recording, least of all to the next one.
    if (this.#ended) return;
    this.#pieces.push(piece);
    this.#samples += piece.length;
    const seconds = this.#samples / this.#context.sampleRate;
    hearing.onLevel(loudness(piece), seconds);
    if (seconds >= LONGEST_SECONDS) hearing.onFull();
  }

  /** Lets go of the microphone. */
  stop(): void {
    this.#ended = true;
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#context.state !== "closed") void this.#context.close();
  }

  finish(): Blob {
    const { sampleRate } = this.#context;
    this.stop();
    return wav(this.#pieces, sampleRate);
  }
}

export class MicrophoneError extends Error {
  constructor(readonly why: NoMicrophone) {
    super(why);
    this.name = "MicrophoneError";
  }
}
