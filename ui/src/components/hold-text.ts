import i18next from "i18next";
import type { Hold } from "../api/model";
import en from "../i18n/en.json";

type KnownHold = keyof typeof en.hold.reason;

/** Why a rule holds a message, in plain words; an unknown rule speaks for itself. */
export function holdReason(hold: Hold): string {
  return Object.hasOwn(en.hold.reason, hold.code) ? i18next.t(`hold.reason.${hold.code as KnownHold}`) : hold.detail;
}
