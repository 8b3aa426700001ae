import { useEffect, useState, useSyncExternalStore } from "react";
import type { DeskEvent, Id } from "./model";
import { queryClient } from "./query-client";
import { Realtime, type SocketState } from "./realtime";

export const realtime = new Realtime(queryClient);

const watchSocket = (tell: () => void) => realtime.watch(tell);

export function useSocketState(): SocketState {
  return useSyncExternalStore(watchSocket, () => realtime.state);
}

export function useDeskEvents(listener: (event: DeskEvent) => void): void {
  useEffect(() => realtime.listen(listener), [listener]);
}

/** Someone who says nothing for this long has stopped typing, whether we heard so or not. */
const TYPING_FADES_MS = 12_000;

/** Who types in a conversation: `customer`, or a colleague's id. Joins the conversation's room while mounted. */
export function useTyping(conversation: Id): { customer: boolean; agents: Id[] } {
  const [typing, setTyping] = useState<ReadonlyMap<string, ReturnType<typeof setTimeout>>>(new Map());
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const stop = (who: string) => {
      clearTimeout(timers.get(who));
      if (timers.delete(who)) setTyping(new Map(timers));
    };
    const note = (who: string, on: boolean) => {
      stop(who);
      if (!on) return;
      timers.set(
        who,
        setTimeout(() => stop(who), TYPING_FADES_MS),
      );
      setTyping(new Map(timers));
    };
    const leave = realtime.join(conversation);
    const unlisten = realtime.listen((event) => {
      if (event.name === "customer:typing" && event.data.conversation_id === conversation) {
        note("customer", event.data.typing);
      } else if (event.name === "agent:typing" && event.data.conversation_id === conversation) {
        note(event.data.agent_id, event.data.typing);
      } else if (event.name === "message:new" && event.data.conversation_id === conversation) {
        // Whoever has written has stopped typing.
        stop(event.data.direction === "inbound" ? "customer" : (event.data.author_id ?? ""));
      }
    });
    return () => {
      leave();
      unlisten();
      for (const timer of timers.values()) clearTimeout(timer);
      setTyping(new Map());
    };
  }, [conversation]);
  return { customer: typing.has("customer"), agents: [...typing.keys()].filter((who) => who !== "customer") };
}
