import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { host } from "./access";
import * as bridge from "./bridge";
import * as desk from "./desk";
import type { ConversationView, Id, SessionStateName, TicketState } from "./model";

const LINKING: ReadonlySet<SessionStateName> = new Set(["unlinked", "waiting_for_scan", "pairing", "syncing"]);
const firstPage = null as string | null;
const nextPage = (last: { next_cursor?: string | null }) => last.next_cursor ?? undefined;

/** The bridge's own state. It has no event, so it is asked often while it matters and seldom otherwise. */
export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => bridge.status({ signal }),
  enabled: () => host() === "bridge",
  staleTime: 0,
  retry: false,
  refetchInterval: (query) => {
    const status = query.state.data;
    return query.state.error || !status || LINKING.has(status.session.state) ? 1_000 : 4_000;
  },
});

export const qrQuery = (codeExpiresAt: number) =>
  queryOptions({ queryKey: ["qr", codeExpiresAt], queryFn: ({ signal }) => bridge.qr({ signal }), gcTime: 0 });

export const profileQuery = queryOptions({ queryKey: ["profile"], queryFn: ({ signal }) => desk.profile({ signal }) });
export const agentsQuery = queryOptions({ queryKey: ["agents"], queryFn: ({ signal }) => desk.agents({ signal }) });
export const channelsQuery = queryOptions({
  queryKey: ["channels"],
  queryFn: ({ signal }) => desk.channels({ signal }),
});
export const countsQuery = queryOptions({ queryKey: ["counts"], queryFn: ({ signal }) => desk.counts({ signal }) });

export const conversationsQuery = (view: ConversationView, q: string) =>
  infiniteQueryOptions({
    queryKey: ["conversations", { view, q }],
    queryFn: ({ pageParam, signal }) => desk.conversations(view, q, pageParam, { signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
  });
export const conversationQuery = (id: Id) =>
  queryOptions({ queryKey: ["conversation", id], queryFn: ({ signal }) => desk.conversation(id, { signal }) });
/** Pages run from new to old, messages inside a page from old to new. */
export const messagesQuery = (id: Id) =>
  infiniteQueryOptions({
    queryKey: ["messages", id],
    queryFn: ({ pageParam, signal }) => desk.messages(id, pageParam, { signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
  });

export const contactsQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ["contacts", { q }],
    queryFn: ({ pageParam, signal }) => desk.contacts(q, pageParam, { signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
  });
export const contactQuery = (id: Id) =>
  queryOptions({ queryKey: ["contact", id], queryFn: ({ signal }) => desk.contact(id, { signal }) });

export const ticketsQuery = (state: TicketState | "", assignee: Id) =>
  infiniteQueryOptions({
    queryKey: ["tickets", { state, assignee }],
    queryFn: ({ pageParam, signal }) => desk.tickets(state, assignee, pageParam, { signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
  });
