import { isFilm, isPicture, isSound } from "../message/file-kinds";

const MB = 1024 * 1024;

// WhatsApp's own sizes. The host checks again; these save a wait that would end in a refusal.
const PICTURE = 16 * MB;
const FILM = 100 * MB;
const SOUND = 16 * MB;
const PAPER = 2048 * MB;

export const FILES_AT_ONCE = 30;

/** The most bytes that a file of this type may have. */
export function largest(type: string): number {
  if (isPicture(type)) return PICTURE;
  if (isFilm(type)) return FILM;
  if (isSound(type)) return SOUND;
  return PAPER;
}

export function tooLarge(file: { size: number; type: string }): boolean {
  return file.size > largest(file.type);
}
