import type { Attachment, Message } from "../../../api/model";

// What may be shown at all. Everything else, drawings and pages with scripts above all, is only ever saved.

const PICTURES = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);
const FILMS = new Set(["video/mp4", "video/webm", "video/3gpp", "video/quicktime"]);

export const plainType = (mime: string) => (mime.split(";")[0] ?? "").trim().toLowerCase();
export const isPicture = (mime: string) => PICTURES.has(plainType(mime));
export const isFilm = (mime: string) => FILMS.has(plainType(mime));
export const isSound = (mime: string) => plainType(mime).startsWith("audio/");

export function attachmentOf(message: Message): Attachment | null {
  const content = message.details?.content;
  return content?.type === "file" ? content : null;
}

/** Thumbnails are small JPEGs; anything else in their place is not shown. */
export function thumbnailUrl(file: Attachment): string | null {
  return file.thumbnail && /^[A-Za-z0-9+/]+=*$/.test(file.thumbnail)
    ? `data:image/jpeg;base64,${file.thumbnail}`
    : null;
}

const ENDINGS: Record<string, string> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "audio/ogg": "ogg",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "application/pdf": "pdf",
};

/** A name to save a file under that has none of its own. */
export function nameless(message: Message, file: Attachment): string {
  const day = new Date(message.at).toISOString().slice(0, 10);
  const ending = ENDINGS[plainType(file.mime)];
  return `${message.kind}-${day}${ending ? `.${ending}` : ""}`;
}
