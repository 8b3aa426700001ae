import { describe, expect, it } from "vitest";
import type { Agent, Channel, ConversationItem, Group, SessionStateName, Ticket } from "../../api/model";
import { sendingRule } from "./sending-rule";

const me = { id: "me" } as Agent;

function rule(facts: {
  owner?: string;
  lends?: boolean;
  online?: boolean;
  session?: SessionStateName;
  ticket?: Partial<Ticket>;
  optedOut?: boolean;
}) {
  const channel = {
    owner_id: facts.owner ?? "me",
    lends: facts.lends ?? true,
    owner_online: facts.online ?? true,
    session: facts.session ?? "online",
  } as Channel;
  const contact = { opted_out_at: facts.optedOut ? 1 : null };
  const item = { ticket: facts.ticket ?? null, contact } as ConversationItem;
  return sendingRule({ item, me, channel, session: channel.owner_id === "me" ? channel.session : "online" });
}

describe("who may write", () => {
  it("the owner, freely, without a ticket", () => {
    expect(rule({})).toEqual({ kind: "free", notice: "none" });
  });
  it("nobody to a customer who asked for silence", () => {
    expect(rule({ optedOut: true })).toEqual({ kind: "locked", reason: "optedOut" });
  });
  it("nobody before the ticket is taken", () => {
    expect(rule({ ticket: { state: "open" } })).toEqual({ kind: "take" });
  });
  it("only the assignee while a ticket is open, even on the owner's own number", () => {
    expect(rule({ ticket: { state: "assigned", assignee_id: "bruno" } })).toEqual({
      kind: "locked",
      reason: "assignee",
    });
    expect(rule({ ticket: { state: "in_progress", assignee_id: "me" } }).kind).toBe("free");
  });
  it("after resolving, only who reopens", () => {
    expect(rule({ ticket: { state: "resolved", assignee_id: "me" } })).toEqual({ kind: "reopen" });
    expect(rule({ ticket: { state: "resolved", assignee_id: "bruno" } }).kind).toBe("locked");
  });
  it("on a colleague's number only with a ticket and a loan", () => {
    expect(rule({ owner: "bruno" })).toEqual({ kind: "locked", reason: "notYours" });
    const ticket = { state: "assigned" as const, assignee_id: "me" };
    expect(rule({ owner: "bruno", ticket, lends: false })).toEqual({ kind: "locked", reason: "notLent" });
    expect(rule({ owner: "bruno", ticket })).toEqual({ kind: "free", notice: "none" });
  });
});

describe("who may write in a group", () => {
  const channel = { owner_id: "me", lends: true, owner_online: true, session: "online" } as Channel;
  const item = { ticket: null, contact: { kind: "group" } } as unknown as ConversationItem;
  const me_in = (admin: boolean) => [{ id: "1", name: "Ana", phone: null, admin, me: true }];
  const asked = (over: Partial<Group>) =>
    sendingRule({
      item,
      me,
      channel,
      session: "online",
      group: { subject: "Team", description: null, announce_only: false, member: true, members: me_in(false), ...over },
    });
  it("its members", () => {
    expect(asked({}).kind).toBe("free");
    expect(asked({ member: false })).toEqual({ kind: "locked", reason: "leftGroup" });
  });
  it("its admins only, where they want that", () => {
    expect(asked({ announce_only: true })).toEqual({ kind: "locked", reason: "adminsOnly" });
    expect(asked({ announce_only: true, members: me_in(true) }).kind).toBe("free");
  });
});

describe("what a reply waits for", () => {
  const ticket = { state: "assigned" as const, assignee_id: "me" };
  it("the owner's computer, then the owner's session", () => {
    expect(rule({ owner: "bruno", ticket, online: false })).toEqual({ kind: "free", notice: "owner_offline" });
    expect(rule({ owner: "bruno", ticket, session: "reconnecting" })).toEqual({
      kind: "free",
      notice: "owner_session",
    });
  });
  it("one's own computer, seen from the server's page", () => {
    const channel = { owner_id: "me", lends: true, owner_online: false, session: "online" } as Channel;
    const item = { ticket: null, contact: {} } as unknown as ConversationItem;
    expect(sendingRule({ item, me, channel, session: null })).toEqual({ kind: "free", notice: "own_offline" });
  });
  it("one's own session", () => {
    expect(rule({ session: "reconnecting" })).toEqual({ kind: "free", notice: "own_session" });
    expect(rule({ session: "logged_out" })).toEqual({ kind: "locked", reason: "unlinked" });
    expect(rule({ session: "banned" })).toEqual({ kind: "locked", reason: "banned" });
  });
});
