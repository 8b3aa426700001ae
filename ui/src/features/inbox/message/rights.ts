import type { Message, MessageKind } from "../../../api/model";

// WhatsApp's own limits. The host has the last word; these only keep what cannot work off the screen.

export const EDIT_WINDOW_MS = 15 * 60_000;
export const REVOKE_WINDOW_MS = 60 * 60 * 60_000;

const GONE: ReadonlySet<MessageKind> = new Set(["revoked", "gap", "undecryptable"]);
const left = (message: Message) => message.status !== "queued" && message.status !== "failed";

/** Whether WhatsApp knows the message, so that others can refer to it. */
export function isKnown(message: Message): boolean {
  return message.wa_id !== "" && !GONE.has(message.kind) && (message.direction === "inbound" || left(message));
}

/** Whether it still waits on its way out, so that it can be kept from leaving. What only this screen knows is not here yet. */
export function mayCancel(message: Message): boolean {
  return message.direction === "outbound" && message.status === "queued" && message.wa_id !== "";
}

export function mayEdit(message: Message, now: number): boolean {
  return isOwn(message) && message.kind === "text" && now - message.at < EDIT_WINDOW_MS;
}

export function mayRevoke(message: Message, now: number): boolean {
  return isOwn(message) && now - message.at < REVOKE_WINDOW_MS;
}

function isOwn(message: Message): boolean {
  return message.direction === "outbound" && isKnown(message) && left(message);
}
