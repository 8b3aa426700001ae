import type { ConversationItem, ConversationView } from "../../api/model";

/** The hosts' views, and the chats that the owner has put away on the phone. */
export type ListView = ConversationView | "archived";

/** What to ask the host for. It does not tell archived chats apart: the owner's phone does. */
export function askedView(view: ListView): ConversationView {
  return view === "archived" ? "all" : view;
}

/** Archived chats stand in their own view, unless they are someone's work or were searched for. */
export function shownIn(items: readonly ConversationItem[], view: ListView, q: string): ConversationItem[] {
  const away = (item: ConversationItem) => item.on_phone?.archived === true;
  if (view === "archived") return items.filter(away);
  if (q !== "" || view === "mine" || view === "unassigned" || view === "closed") return [...items];
  return items.filter((item) => !away(item));
}
