import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { host } from "../../api/access";
import * as media from "../../api/media";
import type { Id, Quote, UploadedMedia } from "../../api/model";
import { type AnyCode, ProblemError } from "../../api/problem";
import { fileQuery } from "../../api/queries";
import { uuidv7 } from "../../text/uuid";
import { stillOf } from "./compose/still";
import { inTurn } from "./in-turn";
import { outgoing } from "./outgoing";
import { post } from "./send";

// Files on their way to the host. They live in memory only: a reload asks first.

export interface Upload {
  /** The id of the message that it becomes. */
  id: Id;
  conversation_id: Id;
  file: Blob;
  name: string;
  voice: boolean;
  asDocument: boolean;
  caption: string;
  reply_to: Quote | null;
  at: number;
  /** 0 to 1. */
  share: number;
  problem: AnyCode | null;
}

const watchers = new Set<() => void>();
const stops = new Map<Id, AbortController>();
let all: readonly Upload[] = [];

function set(next: readonly Upload[]): void {
  all = next;
  for (const tell of watchers) tell();
}
const change = (id: Id, to: Partial<Upload>) => set(all.map((item) => (item.id === id ? { ...item, ...to } : item)));
const drop = (id: Id) => set(all.filter((item) => item.id !== id));

window.addEventListener("beforeunload", (event) => {
  if (all.some((item) => item.problem === null)) event.preventDefault();
});

/** One after another for each chat, so that pictures arrive in the order in which they were chosen. */
function run(client: QueryClient, id: Id): void {
  const stop = new AbortController();
  stops.set(id, stop);
  void inTurn(`${all.find((item) => item.id === id)?.conversation_id}:files`, async () => {
    const item = all.find((one) => one.id === id);
    if (!item || stop.signal.aborted) return;
    try {
      const handed = await media.upload({
        file: item.file,
        name: item.name,
        voice: item.voice,
        asDocument: item.asDocument,
        signal: stop.signal,
        onProgress: (share) => change(id, { share }),
      });
      const given = await withStill(handed, item.file, stop.signal);
      // What was sent from here needs no fetching.
      client.setQueryData(fileQuery(id, null).queryKey, item.file);
      const waiting = {
        id,
        conversation_id: item.conversation_id,
        text: item.caption,
        media: given,
        ...(item.reply_to && { reply_to: item.reply_to }),
        at: item.at,
        problem: null,
      };
      outgoing.add(waiting);
      drop(id);
      void post(client, waiting);
    } catch (error) {
      if (!stop.signal.aborted) change(id, { problem: ProblemError.from(error).code });
    } finally {
      stops.delete(id);
    }
  });
}

/** A film without one goes all the same. */
async function withStill(handed: UploadedMedia, file: Blob, signal: AbortSignal): Promise<UploadedMedia> {
  if (handed.kind !== "video" || handed.attachment.thumbnail || host() !== "bridge") return handed;
  const still = await stillOf(file, signal);
  signal.throwIfAborted();
  return still ? media.putStill(handed.id, still.picture, still.seconds).catch(() => handed) : handed;
}

type Given = Pick<Upload, "conversation_id" | "file" | "name" | "voice" | "asDocument" | "caption" | "reply_to">;

export const uploads = {
  start(client: QueryClient, given: Given): void {
    const item: Upload = { ...given, id: uuidv7(), at: Date.now(), share: 0, problem: null };
    set([...all, item]);
    run(client, item.id);
  },
  retry(client: QueryClient, id: Id): void {
    change(id, { problem: null, share: 0 });
    run(client, id);
  },
  cancel(id: Id): void {
    stops.get(id)?.abort();
    drop(id);
  },
};

export function useUploads(conversation: Id): readonly Upload[] {
  const known = useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => all,
  );
  return known.filter((item) => item.conversation_id === conversation);
}
