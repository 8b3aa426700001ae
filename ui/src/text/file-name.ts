import { safeName } from "./untrusted";

/** Endings that run or script something when opened. */
const RUNS = new Set(
  "apk app bat bin cmd com cpl deb dll dmg exe hta htm html iso jar js jse lnk msi msp pif ps1 py rb reg rpm scr sh svg url vb vbe vbs wsf xhtml xll".split(
    " ",
  ),
);

/** The ending that the system would go by, whatever invisible characters make it look like. */
export function trueEnding(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "").trim();
  const at = plain.lastIndexOf(".");
  return at > 0 && at < plain.length - 1 ? plain.slice(at + 1, at + 13).toLowerCase() : "";
}

export function canRun(name: string): boolean {
  return RUNS.has(trueEnding(name));
}

/** The name in two parts, so that the ending stays in sight however long the rest is. */
export function nameParts(name: string): { stem: string; ending: string } {
  const ending = trueEnding(name);
  const shown = safeName(name, 120);
  if (ending === "" || !shown.toLowerCase().endsWith(`.${ending}`)) return { stem: shown, ending: "" };
  return { stem: shown.slice(0, -ending.length - 1), ending: `.${shown.slice(-ending.length)}` };
}

/** A name that is safe to offer for saving: no folders, no invisible characters, never empty. */
export function nameToSave(name: string | null | undefined, fallback: string): string {
  const plain = (name ?? "")
    .replace(/[^\p{L}\p{N}\p{P}\p{S}\p{M} ]/gu, "")
    .replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^[. ]+|[. ]+$/g, "")
    .slice(-120);
  return plain === "" ? fallback : plain;
}
