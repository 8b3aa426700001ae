import type { QueryClient } from "@tanstack/react-query";
import { applyAnswer } from "../../api/cache";
import * as desk from "../../api/desk";
import type { Content, ConversationItem, Id, Message, MessageDetails, NewMessage } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { problemText } from "../../components/problem-text";
import { inTurn } from "./in-turn";
import { type Outgoing, outgoing } from "./outgoing";

/** What is posted for something written here. */
export function asNewMessage(item: Outgoing): NewMessage {
  return {
    id: item.id,
    text: item.text,
    media_id: item.media?.id ?? null,
    place: item.place ?? null,
    cards: item.cards ?? [],
    reply_to: item.reply_to?.message_id ?? null,
  };
}

function contentOf(item: Outgoing): Content | null {
  if (item.media) return { type: "file", ...item.media.attachment };
  if (item.place) return { type: "place", ...item.place };
  if (item.cards) return { type: "cards", cards: item.cards };
  return null;
}

/** Something that waits, in the form of the message that it will become. */
export function asMessage(item: Outgoing, conversation: ConversationItem, me: Id, position: number): Message {
  const content = contentOf(item);
  const details: MessageDetails = { ...(content && { content }), ...(item.reply_to && { reply_to: item.reply_to }) };
  return {
    id: item.id,
    conversation_id: item.conversation_id,
    channel_id: conversation.channel_id,
    ticket_id: conversation.ticket_id ?? null,
    wa_id: "",
    direction: "outbound",
    origin: "desk",
    author_id: me,
    kind: item.media?.kind ?? (item.place ? "location" : item.cards ? "contact_card" : "text"),
    text: item.text === "" ? null : item.text,
    status: item.problem ? "failed" : "queued",
    failure: item.problem ? { code: item.problem, detail: sentence(item.problem), retryable: true } : null,
    position,
    at: item.at,
    expires_at: null,
    details,
  };
}

function sentence(code: NonNullable<Outgoing["problem"]>): string {
  return problemText(new ProblemError({ type: "about:blank", title: code, status: 0, code }));
}

/** Hands what waits to the host, in the order in which it was written. Posting the same id twice is harmless. */
export function post(client: QueryClient, item: Outgoing): Promise<void> {
  return inTurn(item.conversation_id, async () => {
    try {
      applyAnswer(client, await desk.send(item.conversation_id, asNewMessage(item)));
      outgoing.remove(item.id);
    } catch (error) {
      outgoing.fail(item.id, ProblemError.from(error).code);
    }
  });
}
