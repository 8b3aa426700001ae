import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { inView, mergeConversation, mergeMessage, newer, sameMessage, saysNothing, sortedInsert } from "./merge";
import type {
  Agent,
  Channel,
  Contact,
  Conversation,
  ConversationItem,
  ConversationView,
  DeskEvent,
  Id,
  Message,
  Page,
  Ticket,
} from "./model";
import { contactQuery, conversationQuery, countsQuery, groupQuery, messagesQuery, profileQuery } from "./queries";

// Events carry whole states. They are laid into every cached list at once, so a screen never waits for a refetch.

type Pages<T> = InfiniteData<Page<T>, unknown>;

function mapPages<T>(data: Pages<T>, change: (item: T) => T): Pages<T> {
  let touched = false;
  const pages = data.pages.map((page) => {
    const items = page.items.map((item) => {
      const next = change(item);
      touched ||= next !== item;
      return next;
    });
    return { ...page, items };
  });
  return touched ? { ...data, pages } : data;
}

function mapItems(client: QueryClient, change: (item: ConversationItem) => ConversationItem): void {
  client.setQueriesData<Pages<ConversationItem>>({ queryKey: ["conversations"] }, (data) =>
    data ? mapPages(data, change) : data,
  );
  client.setQueriesData<ConversationItem>({ queryKey: ["conversation"] }, (item) => (item ? change(item) : item));
}

export function cachedConversation(client: QueryClient, id: Id): ConversationItem | undefined {
  const single = client.getQueryData(conversationQuery(id).queryKey);
  if (single) return single;
  for (const [, data] of client.getQueriesData<Pages<ConversationItem>>({ queryKey: ["conversations"] })) {
    for (const page of data?.pages ?? []) {
      const found = page.items.find((item) => item.id === id);
      if (found) return found;
    }
  }
  return undefined;
}

/** Moves a conversation to its place in every cached list: in, out, or up. */
export function placeConversation(client: QueryClient, item: ConversationItem): void {
  const me = client.getQueryData(profileQuery.queryKey)?.id ?? "";
  client.setQueryData(conversationQuery(item.id).queryKey, (old) => (old ? item : old));
  for (const [key, data] of client.getQueriesData<Pages<ConversationItem>>({ queryKey: ["conversations"] })) {
    const { view, q } = key[1] as { view: ConversationView; q: string };
    if (!data) continue;
    // What a search matches is the host's to say; only what it found already is kept fresh.
    const next =
      q === ""
        ? sortedInsert(data, item, inView(item, view, me))
        : mapPages(data, (old) => (old.id === item.id ? item : old));
    client.setQueryData(key, next);
  }
}

function applyConversation(client: QueryClient, conversation: Conversation): void {
  const known = cachedConversation(client, conversation.id);
  if (known) {
    const merged = mergeConversation(known, conversation);
    if (merged !== known) placeConversation(client, merged);
  }
  // The person or the ticket may be unknown here or have changed, or how the owner keeps the chat: ask for the whole.
  if (!known || (conversation.ticket_id ?? null) !== (known.ticket?.id ?? null) || saysNothing(known, conversation)) {
    void client
      .fetchQuery({ ...conversationQuery(conversation.id), staleTime: 0 })
      .then((item) => placeConversation(client, item))
      .catch(() => undefined);
  }
  settleCounts(client);
}

export function applyTicket(client: QueryClient, ticket: Ticket, force = false): void {
  const fits = (old: Ticket | null | undefined) => force || !old || old.id !== ticket.id || newer(old, ticket);
  client.setQueriesData<Pages<Ticket>>({ queryKey: ["tickets"] }, (data) =>
    data ? mapPages(data, (old) => (old.id === ticket.id && fits(old) ? ticket : old)) : data,
  );
  const known = cachedConversation(client, ticket.conversation_id);
  if (!known) return;
  const same = known.ticket?.id === ticket.id;
  const showable = same || ticket.state !== "closed";
  if (showable && fits(same ? known.ticket : null)) {
    const closed = ticket.state === "closed";
    placeConversation(client, {
      ...known,
      ticket: closed ? null : ticket,
      ticket_id: closed ? null : ticket.id,
      assignee_id: ticket.assignee_id ?? null,
      state: closed ? "closed" : known.state,
    });
  }
}

export function applyContact(client: QueryClient, contact: Contact): void {
  client.setQueryData(contactQuery(contact.id).queryKey, (old) => (old && newer(old, contact) ? contact : old));
  client.setQueriesData<Pages<Contact>>({ queryKey: ["contacts"] }, (data) =>
    data ? mapPages(data, (old) => (old.id === contact.id && newer(old, contact) ? contact : old)) : data,
  );
  mapItems(client, (item) =>
    item.contact.id === contact.id && newer(item.contact, contact) ? { ...item, contact } : item,
  );
}

export function applyMessage(client: QueryClient, message: Message): void {
  client.setQueryData(messagesQuery(message.conversation_id).queryKey, (data) =>
    data ? mergeMessage(data, message) : data,
  );
}

function cachedMessage(client: QueryClient, message: Message): Message | undefined {
  const data = client.getQueryData(messagesQuery(message.conversation_id).queryKey);
  for (const page of data?.pages ?? []) {
    const found = page.items.find((item) => sameMessage(item, message));
    if (found) return found;
  }
  return undefined;
}

/**
 * The host's answer to what was done here. `shown`: how the message stood on the screen until then, if it did. News of
 * it that came meanwhile is younger than the answer, and stays.
 */
export function applyAnswer(client: QueryClient, answer: Message, shown?: Message): void {
  const known = cachedMessage(client, answer);
  if (JSON.stringify(known) === JSON.stringify(shown)) applyMessage(client, answer);
}

function applyToList<T extends { id: Id; version: number }>(client: QueryClient, key: string, value: T): void {
  client.setQueryData<T[]>([key], (list) => {
    if (!list) return list;
    const known = list.some((item) => item.id === value.id);
    return known ? list.map((item) => (item.id === value.id && newer(item, value) ? value : item)) : [...list, value];
  });
}

let countsTimer: ReturnType<typeof setTimeout> | null = null;
/** Counts are the host's to make; many events in a row ask once. */
export function settleCounts(client: QueryClient): void {
  if (countsTimer !== null) return;
  countsTimer = setTimeout(() => {
    countsTimer = null;
    void client.invalidateQueries({ queryKey: countsQuery.queryKey });
  }, 250);
}

export function applyEvent(client: QueryClient, event: DeskEvent): void {
  switch (event.name) {
    case "agent:updated":
      applyToList<Agent>(client, "agents", event.data);
      client.setQueryData(profileQuery.queryKey, (me) => (me?.id === event.data.id ? event.data : me));
      break;
    case "channel:status":
      applyToList<Channel>(client, "channels", event.data);
      void client.invalidateQueries({ queryKey: ["status"] });
      break;
    case "contact:updated":
      applyContact(client, event.data);
      if (event.data.kind === "group") void client.invalidateQueries({ queryKey: ["group"] });
      break;
    case "conversation:new":
    case "conversation:updated":
    case "conversation:assigned":
    case "conversation:transferred":
      applyConversation(client, event.data);
      void client.invalidateQueries({ queryKey: groupQuery(event.data.id).queryKey });
      break;
    case "conversation:unshared":
      // What is no longer shared leaves this screen too; the host tells what is left.
      client.removeQueries({ queryKey: messagesQuery(event.data.id).queryKey, type: "inactive" });
      void client.invalidateQueries({ queryKey: messagesQuery(event.data.id).queryKey });
      client.removeQueries({ queryKey: ["file"], type: "inactive" });
      applyConversation(client, event.data);
      void client.invalidateQueries({ queryKey: ["conversations"] });
      break;
    case "conversation:history": {
      const { conversation_id: id } = event.data;
      void client.invalidateQueries({ queryKey: id ? messagesQuery(id).queryKey : ["messages"] });
      if (id) void client.invalidateQueries({ queryKey: conversationQuery(id).queryKey });
      void client.invalidateQueries({ queryKey: ["conversations"] });
      settleCounts(client);
      break;
    }
    case "contact:merged":
      void client.invalidateQueries({ queryKey: ["merges"] });
      void client.invalidateQueries({ queryKey: ["contacts"] });
      void client.invalidateQueries({ queryKey: ["contact"] });
      break;
    case "message:new":
    case "message:status":
    case "message:updated":
      applyMessage(client, event.data);
      break;
    case "ticket:created":
    case "ticket:assigned":
    case "ticket:updated":
    case "ticket:reply":
    case "ticket:resolved":
    case "ticket:closed":
      applyTicket(client, event.data);
      void client.invalidateQueries({ queryKey: ["tickets"] });
      settleCounts(client);
      break;
    default:
      break;
  }
}
