import i18next from "i18next";
import type { SessionState } from "../api/model";
import en from "../i18n/en.json";
import { countdown, fullTime, secondsUntil } from "../i18n/format";

/** What a session's state means and what to do, in plain words. */
export function sessionHint(session: SessionState, now: number): string {
  switch (session.state) {
    case "unlinked":
      return session.problem ? linkProblem(session.problem) : i18next.t("sessionHint.unlinked");
    case "reconnecting": {
      const left = secondsUntil(session.next_try_at, now);
      return left > 0
        ? i18next.t("sessionHint.reconnectingIn", { time: countdown(left) })
        : i18next.t("sessionHint.reconnecting");
    }
    case "restricted":
      return session.until
        ? i18next.t("sessionHint.restrictedUntil", { time: fullTime(session.until) })
        : i18next.t("sessionHint.restricted");
    case "banned":
      return session.until
        ? i18next.t("sessionHint.bannedUntil", { time: fullTime(session.until) })
        : i18next.t("sessionHint.banned");
    default:
      return i18next.t(`sessionHint.${session.state}`);
  }
}

type KnownLinkProblem = keyof typeof en.linkProblem;

export function linkProblem(code: string): string {
  const known = Object.hasOwn(en.linkProblem, code);
  return i18next.t(`linkProblem.${known ? (code as KnownLinkProblem) : "other"}`);
}

export function sessionTone(state: SessionState["state"]): "ok" | "warn" | "bad" | "off" {
  switch (state) {
    case "online":
      return "ok";
    case "unlinked":
      return "off";
    case "logged_out":
    case "banned":
    case "client_outdated":
      return "bad";
    default:
      return "warn";
  }
}
