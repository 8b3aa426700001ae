import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { applyMessage } from "../../api/cache";
import * as desk from "../../api/desk";
import type { ConversationItem, Id, Message } from "../../api/model";
import { type AnyCode, ProblemError } from "../../api/problem";
import { messagesQuery } from "../../api/queries";
import { problemText } from "../../components/problem-text";
import { toast } from "../../components/toast";
import { uuidv7 } from "../../text/uuid";
import { inTurn } from "./in-turn";
import { type Outgoing, outgoing, useOutgoing } from "./outgoing";

/** A waiting text in the form of the message that it will become. */
function asMessage(item: Outgoing, conversation: ConversationItem, me: Id, position: number): Message {
  return {
    id: item.id,
    conversation_id: item.conversation_id,
    channel_id: conversation.channel_id,
    ticket_id: conversation.ticket_id ?? null,
    wa_id: "",
    direction: "outbound",
    origin: "desk",
    author_id: me,
    kind: "text",
    text: item.text,
    status: item.problem ? "failed" : "queued",
    failure: item.problem
      ? { code: item.problem, detail: problemText(localProblem(item.problem)), retryable: true }
      : null,
    position,
    at: item.at,
    expires_at: null,
  };
}

function localProblem(code: AnyCode): ProblemError {
  return new ProblemError({ type: "about:blank", title: code, status: 0, code });
}

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

  const post = useCallback(
    (id: Id, text: string) =>
      inTurn(conversation.id, async () => {
        try {
          const message = await desk.send(conversation.id, { id, text });
          applyMessage(client, message);
          outgoing.remove(id);
        } catch (error) {
          outgoing.fail(id, ProblemError.from(error).code);
        }
      }),
    [client, conversation.id],
  );
  const send = useCallback(
    (text: string) => {
      const id = uuidv7();
      outgoing.add({ id, conversation_id: conversation.id, text, at: Date.now(), problem: null });
      void post(id, text);
    },
    [conversation.id, post],
  );
  const retryConfirmed = useMutation({
    mutationFn: (message: Message) => desk.retry(message.id),
    onMutate: (message) => applyMessage(client, { ...message, status: "queued", failure: null }),
    onSuccess: (message) => applyMessage(client, message),
    onError: (error) => {
      toast.bad(problemText(ProblemError.from(error)));
      void client.invalidateQueries({ queryKey: messagesQuery(conversation.id).queryKey });
    },
  });
  const { mutate: retryOnHost } = retryConfirmed;
  const retry = useCallback(
    (message: Message) => {
      if (message.wa_id !== "" || !message.text) {
        retryOnHost(message);
        return;
      }
      outgoing.retrying(message.id);
      void post(message.id, message.text);
    },
    [post, retryOnHost],
  );
  return { query, messages, send, retry };
}
