import { authorizedFetch, baseUrl, bearer } from "./access";
import type { Id, Problem, UploadedMedia } from "./model";
import { ProblemError, problemOf } from "./problem";

// Files are fetched with the token and shown from memory, so that no address with a secret in it ever exists.

const root = () => baseUrl() || window.location.origin;

async function bytes(path: string, signal: AbortSignal | undefined): Promise<Blob> {
  const request = new Request(`${root()}${path}`, signal ? { signal } : {});
  const answer = await authorizedFetch(request);
  if (!answer.ok) throw await problemOf(answer);
  return answer.blob();
}

type Signal = { signal?: AbortSignal };

/** The file of a message. `wav`: decoded to a form that every webview plays. */
export const messageFile = (id: Id, as: "wav" | null, ask: Signal = {}) =>
  bytes(`/api/messages/${id}/media${as ? `?as=${as}` : ""}`, ask.signal);

export const contactPicture = (id: Id, ask: Signal = {}) => bytes(`/api/contacts/${id}/picture`, ask.signal);

/** Asks again for a file that could not be fetched; the phone is asked where WhatsApp no longer has it. */
export async function fetchAgain(id: Id): Promise<void> {
  const answer = await authorizedFetch(new Request(`${root()}/api/messages/${id}/media`, { method: "POST" }));
  if (!answer.ok) throw await problemOf(answer);
}

interface Upload {
  file: Blob;
  name: string;
  voice: boolean;
  asDocument: boolean;
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

/** Hands a file over before it is sent. A request of the old kind, because only it tells how far it has come. */
export async function upload({ file, name, voice, asDocument, onProgress, signal }: Upload): Promise<UploadedMedia> {
  const token = await bearer();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const asked = new URLSearchParams(voice ? { voice: "true" } : asDocument ? { name, as: "document" } : { name });
    request.open("POST", `${root()}/api/media?${asked}`);
    request.setRequestHeader("authorization", `Bearer ${token}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      const said = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(said as UploadedMedia);
      else reject(refused(request.status, said));
    };
    request.onerror = () => reject(ProblemError.unreachable());
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    if (signal.aborted) request.abort();
    else request.send(file);
  });
}

/** Gives a film that was handed over its still, before it is sent. On the own line only. */
export async function putStill(id: Id, picture: Blob, seconds: number | null): Promise<UploadedMedia> {
  const asked = seconds === null ? "" : `?seconds=${seconds}`;
  const headers = { "content-type": picture.type };
  const path = `${root()}/api/media/${id}/still${asked}`;
  const answer = await authorizedFetch(new Request(path, { method: "PUT", headers, body: picture }));
  if (!answer.ok) throw await problemOf(answer);
  return (await answer.json()) as UploadedMedia;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refused(status: number, said: unknown): ProblemError {
  if (typeof said === "object" && said !== null && "code" in said) return new ProblemError(said as Problem);
  const code = status === 413 ? "media_too_large" : status === 503 ? "media_unavailable" : "internal";
  return new ProblemError({ type: "about:blank", title: code, status, code });
}
