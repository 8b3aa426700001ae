import { isFilm, isPicture, isSound } from "../message/file-kinds";

const MB = 1024 * 1024;

// WhatsApp's own sizes. The host checks again; these save a wait that would end in a refusal.
const PICTURE = 16 * MB;
const FILM = 64 * MB;
const SOUND = 16 * MB;
const PAPER = 100 * MB;

export const FILES_AT_ONCE = 30;

/** The most bytes that a file of this type may have; as a document, whatever it is, more than as what it is. */
export function largest(type: string, asDocument = false): number {
  if (asDocument) return PAPER;
  if (isPicture(type)) return PICTURE;
  if (isFilm(type)) return FILM;
  if (isSound(type)) return SOUND;
  return PAPER;
}

export function tooLarge(file: { size: number; type: string }, asDocument = false): boolean {
  return file.size > largest(file.type, asDocument);
}

/** Whether it only fits as a document. */
export function fitsAsDocument(file: { size: number; type: string }): boolean {
  return tooLarge(file) && !tooLarge(file, true);
}
