// Names and texts come from strangers. Characters that cannot be seen but change what is seen are made visible.

const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\u034f/gu;
const MARK = "\u2423";
const NAME_MAX = 256;

const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first `max` characters as people count them; a character with a hundred accents is cut to a few. */
export function graphemes(text: string, max: number): string {
  // More code units than this cannot be needed for `max` graphemes of real writing.
  const bounded = text.slice(0, max * 16);
  let out = "";
  let count = 0;
  for (const { segment } of segments.segment(bounded)) {
    if (count === max) return `${out}…`;
    out += segment.length > 32 ? segment.slice(0, 8) : segment;
    count += 1;
  }
  return bounded.length < text.length ? `${out}…` : out;
}

/** A name for one line: invisible and direction-changing characters shown as a mark, length capped. */
export function safeName(name: string, max = NAME_MAX): string {
  const visible = graphemes(name, max).replace(INVISIBLE, MARK).trim();
  return visible === "" ? MARK : visible;
}

/** A message's text: line breaks and tabs stay, joiners of emoji and scripts stay, the rest is shown as a mark. */
export function safeText(text: string): string {
  return text.replace(INVISIBLE, (character) =>
    character === "\n" || character === "\t" ? character : character === "\r" ? "" : MARK,
  );
}

export type Piece = { text: string; href?: string };

const LINK = /\bhttps?:\/\/[^\s<>"'`\u2423]+/giu;

/** Splits a text into plain pieces and web links. Nothing but http and https is ever a link. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const raw = match[0].replace(/[.,;:!?)\]}*_~]+$/u, "");
    if (!canBeOpened(raw)) continue;
    if (match.index > from) out.push({ text: text.slice(from, match.index) });
    out.push({ text: raw, href: raw });
    from = match.index + raw.length;
  }
  if (from < text.length) out.push({ text: text.slice(from) });
  return out;
}

function canBeOpened(address: string): boolean {
  try {
    const url = new URL(address);
    return url.hostname !== "" && url.username === "" && url.password === "";
  } catch {
    return false;
  }
}

/** The host that a link really leads to, when it looks different from what is written (punycode). */
export function trueHost(href: string): string | null {
  const host = new URL(href).hostname;
  return host.split(".").some((label) => label.startsWith("xn--")) ? host : null;
}

/** One or two letters for a face without a picture. */
export function initials(name: string): string {
  const words = safeName(name)
    .replace(/[^\p{L}\p{N}\s]/gu, " ")
    .trim()
    .split(/\s+/u)
    .filter(Boolean);
  const first = words[0];
  if (!first || !/\p{L}/u.test(first)) return "#";
  const last = words.length > 1 ? words.at(-1) : undefined;
  const letter = (word: string) => graphemes(word, 1).replace("…", "");
  return (letter(first) + (last ? letter(last) : "")).toLocaleUpperCase();
}
