import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { cachedConversation, placeConversation, settleCounts } from "../../api/cache";
import * as desk from "../../api/desk";
import type { ConversationItem, Message } from "../../api/model";

/** Tells the host what a person has seen: once the end of the chat is on a screen that someone looks at. */
export function useRead(conversation: ConversationItem, messages: readonly Message[], atEnd: boolean): void {
  const client = useQueryClient();
  const told = useRef({ id: "", position: 0 });
  const last = messages.findLast((message) => message.direction === "inbound");
  const position = last?.position ?? 0;
  const unread = conversation.unread;
  useEffect(() => {
    if (!atEnd || position === 0) return;
    const tell = () => {
      if (document.visibilityState !== "visible" || !document.hasFocus()) return;
      const said = told.current.id === conversation.id ? told.current.position : 0;
      if (unread === 0 || said >= position) return;
      told.current = { id: conversation.id, position };
      desk.readUpTo(conversation.id, position).then(
        () => {
          const known = cachedConversation(client, conversation.id);
          if (known) placeConversation(client, { ...known, unread: 0 });
          settleCounts(client);
        },
        () => {
          // Asked again with the next message or the next look.
          told.current = { id: "", position: 0 };
        },
      );
    };
    tell();
    window.addEventListener("focus", tell);
    document.addEventListener("visibilitychange", tell);
    return () => {
      window.removeEventListener("focus", tell);
      document.removeEventListener("visibilitychange", tell);
    };
  }, [client, conversation.id, position, unread, atEnd]);
}
