import type { ContactCard } from "../api/model";

const escaped = (text: string) => text.replace(/[\\;,]/g, (sign) => `\\${sign}`).replace(/\s+/g, " ");

/** Cards as a file that address books read (vCard 3.0, RFC 2426). */
export function vcards(cards: readonly ContactCard[]): string {
  const lines = cards.flatMap((card) => [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `N:${escaped(card.name)};;;;`,
    `FN:${escaped(card.name)}`,
    ...(card.organisation ? [`ORG:${escaped(card.organisation)}`] : []),
    ...(card.phones ?? []).map((phone) => `TEL;TYPE=CELL:${escaped(phone)}`),
    ...(card.emails ?? []).map((email) => `EMAIL:${escaped(email)}`),
    "END:VCARD",
  ]);
  return `${lines.join("\r\n")}\r\n`;
}
