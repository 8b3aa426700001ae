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
      const hint =
        left > 0
          ? i18next.t("sessionHint.reconnectingIn", { time: countdown(left) })
          : i18next.t("sessionHint.reconnecting");
      return session.reason ? `${hint} ${reconnectReason(session.reason)}`.trim() : hint;
    }
    case "restricted":
      return session.until
        ? i18next.t("sessionHint.restrictedUntil", { time: fullTime(session.until) })
        : i18next.t("sessionHint.restricted");
    case "banned": {
      const hint = session.until
        ? i18next.t("sessionHint.bannedUntil", {
            time: fullTime(session.until),
            left: countdown(secondsUntil(session.until, now)),
          })
        : i18next.t("sessionHint.banned");
      return `${hint} ${banReason(session.code)}`;
    }
    case "logged_out":
      return logoutReason(session.reason);
    default:
      return i18next.t(`sessionHint.${session.state}`);
  }
}

type KnownBan = keyof typeof en.banReason;

/** Why WhatsApp says it banned, and its code for those who ask for help. */
function banReason(code: number): string {
  const name = String(code);
  const why = Object.hasOwn(en.banReason, name) ? `${i18next.t(`banReason.${name as KnownBan}`)} ` : "";
  return why + i18next.t("sessionHint.code", { code });
}

type KnownReconnect = keyof typeof en.reconnectReason;

/** Why WhatsApp does not take the connection now, where it says so. */
function reconnectReason(reason: string): string {
  return Object.hasOwn(en.reconnectReason, reason) ? i18next.t(`reconnectReason.${reason as KnownReconnect}`) : "";
}

type KnownLogout = keyof typeof en.logoutReason;

function logoutReason(reason: string): string {
  return Object.hasOwn(en.logoutReason, reason)
    ? i18next.t(`logoutReason.${reason as KnownLogout}`)
    : i18next.t("sessionHint.logged_out");
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
