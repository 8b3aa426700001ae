import type { InfiniteData } from "@tanstack/react-query";
import type { Conversation, ConversationItem, ConversationView, Id, Message, MessageStatus, Page } from "./model";

type Pages<T> = InfiniteData<Page<T>, unknown>;

/** Whether `next` may replace `old`: an older version never overwrites a newer one. */
export function newer(old: { version: number }, next: { version: number }): boolean {
  return next.version >= old.version;
}

const RANK: Record<MessageStatus, number> = { queued: 0, failed: 1, sent: 2, delivered: 3, read: 4, played: 5 };

/** A message's status only moves forward; trying a failed one again is the one way back to queued. */
export function laterMessage(old: Message, next: Message): Message {
  const retried = old.status === "failed" && next.status === "queued";
  if (retried || RANK[next.status] >= RANK[old.status]) return next;
  return { ...next, status: old.status, failure: old.failure ?? null };
}

export function sameMessage(a: Message, b: Message): boolean {
  return a.id === b.id || (a.wa_id !== "" && a.wa_id === b.wa_id && a.direction === b.direction);
}

/** Puts a message into the loaded pages: in place where it is known, else by position. */
export function mergeMessage(data: Pages<Message>, message: Message): Pages<Message> {
  let found = false;
  const pages = data.pages.map((page) => {
    const at = page.items.findIndex((item) => sameMessage(item, message));
    const old = page.items[at];
    if (!old) return page;
    found = true;
    const items = page.items.with(at, laterMessage(old, message));
    if (old.position !== message.position) items.sort((a, b) => a.position - b.position);
    return { ...page, items };
  });
  if (found) return { ...data, pages };
  // Into the newest page that reaches back far enough; what lies before the oldest loaded page comes with paging.
  const at = pages.findIndex((page) => (page.items[0]?.position ?? Number.NEGATIVE_INFINITY) <= message.position);
  const lastIsComplete = !pages.at(-1)?.next_cursor;
  const index = at >= 0 ? at : lastIsComplete ? pages.length - 1 : -1;
  const page = pages[index];
  if (!page) return data;
  const items = [...page.items, message].sort((a, b) => a.position - b.position);
  return { ...data, pages: pages.with(index, { ...page, items }) };
}

export function mergeConversation(known: ConversationItem, next: Conversation): ConversationItem {
  return newer(known, next) ? { ...known, ...next } : known;
}

/** Whether news of a conversation says nothing that was not known: then it is about what such news does not carry. */
export function saysNothing(known: ConversationItem, next: Conversation): boolean {
  const { version: _before, ...old } = known;
  const { version: _after, ...fresh } = next;
  return Object.entries(fresh).every(
    ([key, value]) => JSON.stringify(value ?? null) === JSON.stringify(old[key as keyof typeof old] ?? null),
  );
}

/** The bridge's own rule: put away on the phone, and nothing in it waits for anybody. */
function isPutAway(item: ConversationItem): boolean {
  const worked = item.ticket != null && item.ticket.state !== "resolved";
  return item.on_phone?.archived === true && item.unread === 0 && !worked;
}

export function inView(item: ConversationItem, view: ConversationView, me: Id): boolean {
  const open = item.state !== "closed";
  switch (view) {
    case "all":
      return open && !isPutAway(item);
    case "mine":
      return open && (item.ticket?.assignee_id ?? item.assignee_id) === me;
    case "unassigned":
      return item.ticket?.state === "open" && item.ticket.assignee_id == null;
    case "waiting":
      return item.state === "waiting" && !isPutAway(item);
    case "closed":
      return item.state === "closed";
    case "archived":
      return item.on_phone?.archived === true;
  }
}

/** The hosts' order: what is pinned on the phone, then the latest activity first; among equals (WhatsApp counts in seconds) the later id. */
function standsBefore(item: ConversationItem, other: ConversationItem): boolean {
  const [pinned, otherPinned] = [item.on_phone?.pinned === true, other.on_phone?.pinned === true];
  if (pinned !== otherPinned) return pinned;
  if (item.last_activity_at !== other.last_activity_at) return item.last_activity_at > other.last_activity_at;
  return item.id > other.id;
}

/** Takes `item` out of its old place and, where `wanted`, puts it where its last activity belongs. */
export function sortedInsert(
  data: Pages<ConversationItem>,
  item: ConversationItem,
  wanted: boolean,
): Pages<ConversationItem> {
  const pages = data.pages.map((page) => ({ ...page, items: page.items.filter((old) => old.id !== item.id) }));
  if (!wanted) return { ...data, pages };
  for (const page of pages) {
    const before = page.items.findIndex((old) => standsBefore(item, old));
    if (before >= 0) {
      page.items.splice(before, 0, item);
      return { ...data, pages };
    }
  }
  const last = pages.at(-1);
  if (last && !last.next_cursor) last.items.push(item);
  return { ...data, pages };
}
