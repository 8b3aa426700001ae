import type { GroupMember, GroupSender, Message } from "../../../api/model";
import { daysAgo } from "../../../i18n/format";
import { prettyPhone } from "../../../text/phone";
import { safeName } from "../../../text/untrusted";

/** As many as there are `--sender-…` tokens. */
export const TONES = 8;

/** The colour of a member, always the same one for the same person, on every screen. */
export function toneOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return ((hash >>> 0) % TONES) + 1;
}

export const toneColour = (id: string) => `var(--sender-${toneOf(id)})`;

/** What a member is called: the name, else the number; null where WhatsApp hides both. */
export function memberName(member: Pick<GroupMember, "name" | "phone">, max = 60): string | null {
  if (member.name.trim() !== "") return safeName(member.name, max);
  return member.phone ? prettyPhone(member.phone) : null;
}

/** What the writer of a message is called; who has no name in the message may have one in the group. */
export function senderName(sender: GroupSender, members: readonly GroupMember[] | undefined): string | null {
  if (sender.name.trim() !== "") return safeName(sender.name, 60);
  const member = members?.find((one) => one.id === sender.id);
  return member ? memberName(member) : null;
}

/** Who a message is from, for telling one run of messages from the next. */
function writerOf(message: Message): string {
  return `${message.direction}:${message.details?.sender?.id ?? message.author_id ?? ""}`;
}

const PAUSE_MS = 10 * 60_000;

/** Whether a message begins a new run: another writer, another day, or a pause. Only there the writer is named. */
export function beginsRun(message: Message, before: Message | undefined): boolean {
  if (!before || before.kind === "gap" || writerOf(before) !== writerOf(message)) return true;
  return message.at - before.at > PAUSE_MS || daysAgo(before.at) !== daysAgo(message.at);
}
