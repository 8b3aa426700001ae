import { describe, expect, it } from "vitest";
import { inView, laterMessage, mergeConversation, mergeMessage, saysNothing, sortedInsert } from "./merge";
import type { ConversationItem, Message, MessageStatus, Page } from "./model";

function message(position: number, change: Partial<Message> = {}): Message {
  return {
    id: `m${position}`,
    conversation_id: "c",
    channel_id: "n",
    wa_id: `wa${position}`,
    direction: "inbound",
    origin: "customer",
    kind: "text",
    text: `${position}`,
    status: "delivered",
    position,
    at: position,
    ...change,
  };
}

function pages<T>(...all: [T[], string | null][]): { pages: Page<T>[]; pageParams: unknown[] } {
  return { pages: all.map(([items, next_cursor]) => ({ items, next_cursor })), pageParams: [] };
}

const positions = (data: ReturnType<typeof pages<Message>>) =>
  data.pages.map((page) => page.items.map((m) => m.position));

describe("messages", () => {
  it("go to their place by position, whatever order they arrive in", () => {
    let data = pages<Message>([[message(5)], "older"], [[message(2), message(3)], null]);
    data = mergeMessage(data, message(7));
    data = mergeMessage(data, message(6));
    data = mergeMessage(data, message(1));
    expect(positions(data)).toEqual([
      [5, 6, 7],
      [1, 2, 3],
    ]);
  });
  it("older than what is loaded wait for paging", () => {
    const data = pages<Message>([[message(5)], "older"]);
    expect(mergeMessage(data, message(2))).toBe(data);
  });
  it("known by WhatsApp's id are the same under another id of ours", () => {
    const data = mergeMessage(pages<Message>([[message(5)], null]), message(5, { id: "settled" }));
    expect(data.pages[0]?.items.map((m) => m.id)).toEqual(["settled"]);
  });
  it("with an empty WhatsApp id are never the same by it", () => {
    const data = mergeMessage(pages<Message>([[message(5, { wa_id: "" })], null]), message(6, { wa_id: "" }));
    expect(data.pages[0]?.items).toHaveLength(2);
  });
  it.each<[MessageStatus, MessageStatus, MessageStatus]>([
    ["read", "delivered", "read"],
    ["sent", "failed", "sent"],
    ["failed", "sent", "sent"],
    ["failed", "queued", "queued"],
    ["queued", "delivered", "delivered"],
  ])("that were %s and are told %s are %s", (old, next, is) => {
    expect(laterMessage(message(1, { status: old }), message(1, { status: next })).status).toBe(is);
  });
});

function item(id: string, change: Partial<ConversationItem> = {}): ConversationItem {
  return {
    id,
    version: 1,
    contact_id: "p",
    channel_id: "n",
    state: "active",
    priority: "medium",
    scope: "shared",
    tags: [],
    unread: 0,
    last_activity_at: 1,
    created_at: 1,
    contact: { id: "p", version: 1, name: "P", tags: [], notes: "", blocked: false, created_at: 1 },
    ...change,
  };
}

describe("conversations", () => {
  const list = () =>
    pages<ConversationItem>([[item("a", { last_activity_at: 9 }), item("b", { last_activity_at: 5 })], null]);
  const ids = (data: ReturnType<typeof list>) => data.pages.flatMap((page) => page.items.map((one) => one.id));

  it("move up with new activity", () => {
    expect(ids(sortedInsert(list(), item("b", { last_activity_at: 10 }), true))).toEqual(["b", "a"]);
  });
  it("come in where they belong and leave when they no longer do", () => {
    expect(ids(sortedInsert(list(), item("c", { last_activity_at: 7 }), true))).toEqual(["a", "c", "b"]);
    expect(ids(sortedInsert(list(), item("a"), false))).toEqual(["b"]);
  });
  it("of the same second keep the hosts' order, whichever of them changes", () => {
    const three = pages<ConversationItem>([[item("c"), item("b"), item("a")], null]);
    for (const id of ["a", "b", "c"]) {
      expect(ids(sortedInsert(three, item(id, { unread: 0 }), true)), id).toEqual(["c", "b", "a"]);
    }
  });
  it("are never overwritten by an older state", () => {
    const known = item("a", { version: 4, unread: 0 });
    expect(mergeConversation(known, item("a", { version: 3, unread: 9 }))).toBe(known);
    expect(mergeConversation(known, item("a", { version: 5, unread: 9 })).unread).toBe(9);
  });
  it("stand in the views that the hosts would put them in", () => {
    expect(inView(item("a", { state: "closed" }), "all", "me")).toBe(false);
    expect(inView(item("a", { state: "closed", assignee_id: "me" }), "mine", "me")).toBe(false);
    expect(inView(item("a", { assignee_id: "me" }), "mine", "me")).toBe(true);
    expect(inView(item("a", { state: "waiting" }), "waiting", "me")).toBe(true);
  });
  it("that the phone has put away leave the lists once nothing in them waits", () => {
    const away = (more: Partial<ConversationItem> = {}) =>
      item("a", { unread: 0, on_phone: { archived: true, pinned: false, muted_until: null }, ...more });
    const ticket = (state: "in_progress" | "resolved") => ({ id: "t", state }) as ConversationItem["ticket"];
    expect(inView(away(), "all", "me")).toBe(false);
    expect(inView(away({ state: "waiting" }), "waiting", "me")).toBe(false);
    expect(inView(away({ unread: 1 }), "all", "me")).toBe(true);
    expect(inView(away({ ticket: ticket("in_progress") }), "all", "me")).toBe(true);
    expect(inView(away({ ticket: ticket("resolved") }), "all", "me")).toBe(false);
    expect(inView(away({ unread: 1 }), "archived", "me")).toBe(true);
    expect(inView(item("a"), "archived", "me")).toBe(false);
  });
  it("that are pinned on the phone stand first, whatever comes", () => {
    const pinned = item("p", { last_activity_at: 1, on_phone: { archived: false, pinned: true, muted_until: null } });
    const all = pages<ConversationItem>([[pinned, item("a", { last_activity_at: 9 })], null]);
    expect(ids(sortedInsert(all, item("b", { last_activity_at: 20 }), true))).toEqual(["p", "b", "a"]);
    expect(ids(sortedInsert(all, { ...pinned, unread: 1 }, true))).toEqual(["p", "a"]);
  });
});

it("news that says nothing new is about what it does not carry", () => {
  const known = {
    id: "c",
    version: 3,
    unread: 1,
    tags: ["vip"],
    ticket_id: null,
    contact: {},
  } as unknown as ConversationItem;
  const { contact: _contact, ...same } = known;
  expect(saysNothing(known, { ...same, version: 4 })).toBe(true);
  expect(saysNothing(known, { ...same, ticket_id: undefined } as typeof same)).toBe(true);
  expect(saysNothing(known, { ...same, unread: 0 })).toBe(false);
  expect(saysNothing(known, { ...same, tags: [] })).toBe(false);
});
