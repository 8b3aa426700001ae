// A still of a film, taken where films can be opened: here. Without one the customer sees a grey square until it is fetched.

/** Pixels of the longest side: the host makes its own smaller one. */
const LONGEST = 640;
/** A webview that cannot open the film says nothing for ever. */
const WITHIN = 8_000;
/** The first pictures of a film are often black. */
const LOOK_AT = 0.5;

export interface Still {
  picture: Blob;
  /** Whole, rounded up; absent where the film does not tell. */
  seconds: number | null;
}

/** `null` where this webview cannot open it. */
export async function stillOf(film: Blob, signal: AbortSignal): Promise<Still | null> {
  const url = URL.createObjectURL(film);
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  const tooLate = AbortSignal.any([signal, AbortSignal.timeout(WITHIN)]);
  try {
    video.src = url;
    await happens(video, "loadeddata", tooLate);
    const length = Number.isFinite(video.duration) ? video.duration : null;
    video.currentTime = lookAt(length);
    await happens(video, "seeked", tooLate);
    const picture = await drawn(video);
    return picture && { picture, seconds: length === null ? null : Math.max(1, Math.ceil(length)) };
  } catch {
    return null;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

/** A moment after the beginning, inside of the film. */
export const lookAt = (length: number | null): number => (length === null ? 0 : Math.min(LOOK_AT, length / 2));

/** Not larger than needed, in its own shape. */
export function shrunk(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function happens(video: HTMLVideoElement, name: "loadeddata" | "seeked", signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    video.addEventListener(name, () => resolve(), { once: true, signal });
    video.addEventListener("error", () => reject(video.error), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

async function drawn(video: HTMLVideoElement): Promise<Blob | null> {
  if (video.videoWidth === 0 || video.videoHeight === 0) return null;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, shrunk(video.videoWidth, video.videoHeight));
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}
