import { useSyncExternalStore } from "react";
import type { ContactCard, Id, Place, Quote, UploadedMedia } from "../../api/model";
import type { AnyCode } from "../../api/problem";

// What was written here and the host has not confirmed. Kept for this tab, so that a reload loses nothing.

export interface Outgoing {
  id: Id;
  conversation_id: Id;
  text: string;
  /** Handed over already, and the message's file. */
  media?: UploadedMedia;
  place?: Place;
  cards?: ContactCard[];
  reply_to?: Quote;
  at: number;
  /** Set when the host refused it or did not answer. */
  problem: AnyCode | null;
}

const KEY = "ownline.outgoing";
const watchers = new Set<() => void>();
let waiting: readonly Outgoing[] = restore();

function restore(): Outgoing[] {
  try {
    const kept = JSON.parse(window.sessionStorage.getItem(KEY) ?? "[]") as Outgoing[];
    // Whether a send in flight during a reload arrived is unknown; sending it again under its id is harmless.
    return kept.map((item) => ({ ...item, problem: item.problem ?? "unreachable" }));
  } catch {
    return [];
  }
}

function set(next: readonly Outgoing[]): void {
  waiting = next;
  window.sessionStorage.setItem(KEY, JSON.stringify(next));
  for (const tell of watchers) tell();
}

export const outgoing = {
  find: (id: Id) => waiting.find((item) => item.id === id),
  add: (item: Outgoing) => set([...waiting.filter((old) => old.id !== item.id), item]),
  remove: (id: Id) => {
    if (waiting.some((item) => item.id === id)) set(waiting.filter((item) => item.id !== id));
  },
  fail: (id: Id, problem: AnyCode) => set(waiting.map((item) => (item.id === id ? { ...item, problem } : item))),
  retrying: (id: Id) => set(waiting.map((item) => (item.id === id ? { ...item, problem: null } : item))),
};

export function useOutgoing(): readonly Outgoing[] {
  return useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => waiting,
  );
}
