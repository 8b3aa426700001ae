import type { Agent, Channel, ConversationItem, Group, SessionStateName } from "../../api/model";

/** Whether this person may write in a chat, and what to say about it. */
export type SendingRule =
  | { kind: "free"; notice: "none" | "own_session" | "own_offline" | "owner_offline" | "owner_session" }
  | { kind: "take" }
  | { kind: "reopen" }
  | {
      kind: "locked";
      reason:
        | "assignee"
        | "resolvedOther"
        | "notYours"
        | "notLent"
        | "unlinked"
        | "banned"
        | "optedOut"
        | "leftGroup"
        | "adminsOnly";
    };

interface Facts {
  item: ConversationItem;
  me: Agent;
  /** Unknown until the list of numbers has arrived. */
  channel: Channel | undefined;
  /** The state of this machine's own session, where there is one. */
  session: SessionStateName | null;
  /** Who is in the group, where it is one and this machine knows. */
  group?: Group | undefined;
}

const DEAD: ReadonlySet<SessionStateName> = new Set([
  "unlinked",
  "logged_out",
  "waiting_for_scan",
  "passkey_needed",
  "confirm_number",
  "pairing",
]);

/**
 * On one's own number without an open ticket one writes freely; with a ticket only its assignee writes; through a
 * colleague's number only with a ticket and where the owner lends it.
 */
export function sendingRule({ item, me, channel, session, group }: Facts): SendingRule {
  const own = !channel || channel.owner_id === me.id;
  const ticket = item.ticket;
  if (item.contact.opted_out_at != null) return { kind: "locked", reason: "optedOut" };
  if (group && !group.member) return { kind: "locked", reason: "leftGroup" };
  const admin = group?.members.some((member) => member.me && member.admin) ?? false;
  if (group?.announce_only && !admin) return { kind: "locked", reason: "adminsOnly" };
  if (!own && !channel.lends) return { kind: "locked", reason: "notLent" };
  if (ticket && ticket.state !== "closed") {
    if (ticket.state === "open" && !ticket.assignee_id) return { kind: "take" };
    const mine = ticket.assignee_id === me.id;
    if (ticket.state === "resolved") return mine ? { kind: "reopen" } : { kind: "locked", reason: "resolvedOther" };
    if (!mine) return { kind: "locked", reason: "assignee" };
  } else if (!own) return { kind: "locked", reason: "notYours" };

  const state = (own ? session : null) ?? channel?.session ?? "online";
  if (state === "banned") return { kind: "locked", reason: "banned" };
  if (own) {
    // Seen from elsewhere than one's own machine, which may be off.
    if (session === null && channel && !channel.owner_online) return { kind: "free", notice: "own_offline" };
    if (DEAD.has(state)) return { kind: "locked", reason: "unlinked" };
    return { kind: "free", notice: state === "online" || state === "restricted" ? "none" : "own_session" };
  }
  if (!channel.owner_online) return { kind: "free", notice: "owner_offline" };
  return { kind: "free", notice: state === "online" ? "none" : "owner_session" };
}
