import type { Query, QueryClient } from "@tanstack/react-query";
import { placeConversation } from "./cache";
import type { ConversationItem, DeskEvent } from "./model";

/** The answers that news of each sort may change. */
const TOLD_BY: Record<string, readonly string[]> = {
  agent: ["agents", "profile"],
  channel: ["channels"],
  contact: ["contacts", "contact", "conversations", "conversation", "group", "merges"],
  conversation: ["conversations", "conversation", "counts", "group", "messages"],
  message: ["messages"],
  ticket: ["conversations", "conversation", "counts", "tickets"],
};
/** Many events in a row ask once. */
const SETTLE_MS = 250;

function isChanged(query: Query, event: DeskEvent): boolean {
  const [sort = ""] = event.name.split(":");
  const [kind, id] = query.queryKey;
  if (!TOLD_BY[sort]?.includes(String(kind))) return false;
  // One chat's news leave the other chats' messages as they are.
  const { data } = event;
  return kind !== "messages" || !("conversation_id" in data) || data.conversation_id === id;
}

/**
 * An answer that is under way when news comes may have been given before it, and would then lay the old state over the
 * new. Such an answer is asked for once more when it has come.
 */
export class Overtaken {
  #client: QueryClient;
  #queries = new Set<Query>();

  constructor(client: QueryClient) {
    this.#client = client;
    client.getQueryCache().subscribe((change) => {
      if (change.type === "removed") this.#queries.delete(change.query);
      if (change.type !== "updated" || change.action.type !== "success" || change.action.manual) return;
      if (this.#queries.delete(change.query)) setTimeout(() => this.#again(change.query), SETTLE_MS);
    });
  }

  /** To be told of every event before anything else is done with it. */
  by(event: DeskEvent): void {
    this.#note((query) => isChanged(query, event));
  }

  /** Nobody knows what happened up to now: everything is asked for, and what is under way once more. */
  byAnything(): void {
    this.#note(() => true);
    void this.#client.invalidateQueries({
      // A file never changes; a picture has a name of its own for each state.
      predicate: ({ queryKey: [kind], state }) => (kind !== "file" && kind !== "picture") || state.data === undefined,
    });
  }

  #note(isConcerned: (query: Query) => boolean): void {
    for (const query of this.#client.getQueryCache().findAll({ fetchStatus: "fetching" })) {
      if (isConcerned(query)) this.#queries.add(query);
    }
  }

  #again(query: Query): void {
    // An answer of before a move would take back for a moment what the person has just done.
    if (this.#client.isMutating() > 0) {
      setTimeout(() => this.#again(query), SETTLE_MS);
      return;
    }
    const { queryKey, options } = query;
    // A conversation is asked for to be put into lists too, whether or not its chat is open.
    const asked =
      queryKey[0] === "conversation"
        ? this.#client
            .fetchQuery({ ...options, queryKey, staleTime: 0 })
            .then((item) => placeConversation(this.#client, item as ConversationItem))
        : this.#client.invalidateQueries({ queryKey, exact: true });
    asked.catch(() => undefined);
  }
}
