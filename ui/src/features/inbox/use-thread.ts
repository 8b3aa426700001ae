import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { applyAnswer, applyMessage } from "../../api/cache";
import * as desk from "../../api/desk";
import type { ConversationItem, Id, Message } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { messagesQuery } from "../../api/queries";
import { problemText } from "../../components/problem-text";
import { toast } from "../../components/toast";
import { uuidv7 } from "../../text/uuid";
import { type Outgoing, outgoing, useOutgoing } from "./outgoing";
import { asMessage, post } from "./send";

export type Written = Pick<Outgoing, "text" | "place" | "cards" | "reply_to">;

/** The messages of a chat, oldest first, with what was just written here, and the ways to send. */
export function useThread(conversation: ConversationItem, me: Id) {
  const client = useQueryClient();
  const query = useInfiniteQuery(messagesQuery(conversation.id));
  const waiting = useOutgoing();

  const confirmed = useMemo(() => (query.data?.pages ?? []).toReversed().flatMap((page) => page.items), [query.data]);
  const messages = useMemo(() => {
    const known = new Set(confirmed.map((message) => message.id));
    const last = confirmed.at(-1)?.position ?? 0;
    const mine = waiting.filter((item) => item.conversation_id === conversation.id && !known.has(item.id));
    return [...confirmed, ...mine.map((item, index) => asMessage(item, conversation, me, last + 1 + index))];
  }, [confirmed, waiting, conversation, me]);

  useEffect(() => {
    for (const message of confirmed) outgoing.remove(message.id);
  }, [confirmed]);

  const send = useCallback(
    (written: Written) => {
      const item = { ...written, id: uuidv7(), conversation_id: conversation.id, at: Date.now(), problem: null };
      outgoing.add(item);
      void post(client, item);
    },
    [client, conversation.id],
  );
  const retryConfirmed = useMutation({
    mutationFn: (message: Message) => desk.retry(message.id),
    onMutate: (message) => {
      const shown: Message = { ...message, status: "queued", failure: null };
      applyMessage(client, shown);
      return shown;
    },
    onSuccess: (message, _asked, shown) => applyAnswer(client, message, shown),
    onError: (error) => {
      toast.bad(problemText(ProblemError.from(error)));
      void client.invalidateQueries({ queryKey: messagesQuery(conversation.id).queryKey });
    },
  });
  const { mutate: retryOnHost } = retryConfirmed;
  const retry = useCallback(
    (message: Message) => {
      const item = message.wa_id === "" ? outgoing.find(message.id) : undefined;
      if (!item) {
        retryOnHost(message);
        return;
      }
      outgoing.retrying(item.id);
      void post(client, item);
    },
    [client, retryOnHost],
  );
  return { query, messages, send, retry };
}
