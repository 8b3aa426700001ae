import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { host } from "./access";
import * as bridge from "./bridge";
import * as desk from "./desk";
import * as media from "./media";
import type { ConversationView, Id, SessionStateName, TicketState } from "./model";

const LINKING: ReadonlySet<SessionStateName> = new Set([
  "unlinked",
  "waiting_for_scan",
  "passkey_needed",
  "confirm_number",
  "pairing",
  "syncing",
]);
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
    if (query.state.error || !status || LINKING.has(status.session.state)) return 1_000;
    return status.history?.state === "importing" ? 2_000 : 4_000;
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

export const safetyQuery = queryOptions({
  queryKey: ["safety"],
  queryFn: ({ signal }) => bridge.safety({ signal }),
  enabled: () => host() === "bridge",
  refetchInterval: 5_000,
});
export const optOutsQuery = (count: number) =>
  queryOptions({ queryKey: ["opt-outs", count], queryFn: ({ signal }) => bridge.optOuts({ signal }) });
export const settingsQuery = queryOptions({
  queryKey: ["line-settings"],
  queryFn: ({ signal }) => bridge.settings({ signal }),
});
export const teamViewQuery = (id: Id) =>
  queryOptions({ queryKey: ["team-view", id], queryFn: ({ signal }) => bridge.teamView(id, { signal }), staleTime: 0 });
export const groupQuery = (id: Id) =>
  queryOptions({ queryKey: ["group", id], queryFn: ({ signal }) => bridge.group(id, { signal }) });
export const mergesQuery = (id: Id) =>
  queryOptions({ queryKey: ["merges", id], queryFn: ({ signal }) => desk.merges(id, { signal }) });
export const passkeyQuery = queryOptions({
  queryKey: ["passkey"],
  queryFn: ({ signal }) => bridge.passkey({ signal }),
  gcTime: 0,
});
/** The code of one attempt to link. It comes a moment after the attempt has begun. */
export const pairingCodeQuery = (attempt: number) =>
  queryOptions({
    queryKey: ["pairing-code", attempt],
    queryFn: ({ signal }) => bridge.pairingCode({ signal }),
    gcTime: 0,
    retry: false,
    refetchInterval: (query) => (query.state.data ? 5_000 : 1_000),
  });

/** A message's file. It never changes, and it is large: kept while shown and a little longer. */
export const fileQuery = (id: Id, as: "wav" | null) =>
  queryOptions({
    queryKey: ["file", id, as],
    queryFn: ({ signal }) => media.messageFile(id, as, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
export const pictureQuery = (id: Id, picture: string) =>
  queryOptions({
    queryKey: ["picture", id, picture],
    queryFn: async ({ signal }) => {
      const seen = await media.contactPicture(id, { signal });
      // It came while it was being looked for. Kept under no name it would be shown again once the customer takes it away.
      return picture === "" ? null : seen;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30 * 60_000,
    retry: false,
    // Where none is known, having looked once is enough: the contact changes when one comes.
    retryOnMount: false,
  });
