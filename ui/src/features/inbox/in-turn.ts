import type { Id } from "../../api/model";

const last = new Map<Id, Promise<void>>();

/** One at a time for each chat: what is written quickly must arrive in the order in which it was written. */
export function inTurn(conversation: Id, work: () => Promise<void>): Promise<void> {
  const turn = (last.get(conversation) ?? Promise.resolve()).then(work, work);
  const kept = turn
    .catch(() => undefined)
    .then(() => {
      if (last.get(conversation) === kept) last.delete(conversation);
    });
  last.set(conversation, kept);
  return turn;
}
