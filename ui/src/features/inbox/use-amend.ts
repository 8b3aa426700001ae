import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { applyAnswer, applyMessage } from "../../api/cache";
import * as desk from "../../api/desk";
import type { Id, Message, Reaction } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { messagesQuery } from "../../api/queries";
import { problemText } from "../../components/problem-text";
import { toast } from "../../components/toast";

/** The reactions of a message after this person's own has changed; an empty emoji takes it back. */
export function withOwnReaction(message: Message, emoji: string, me: Id, at: number): Reaction[] {
  const others = (message.details?.reactions ?? []).filter((reaction) => reaction.direction === "inbound");
  return emoji === "" ? others : [...others, { emoji, direction: "outbound", agent_id: me, at }];
}

/** Changes to what was said already: shown at once, put right by the host's answer, taken back when it refuses. */
export function useAmend(conversation: Id, me: Id) {
  const client = useQueryClient();
  return useMemo(() => {
    const change = (before: Message, shown: Message, ask: () => Promise<Message | undefined>) => {
      applyMessage(client, shown);
      ask().then(
        (message) => {
          if (message?.id) applyAnswer(client, message, shown);
        },
        (error: unknown) => {
          applyMessage(client, before);
          toast.bad(problemText(ProblemError.from(error)));
          void client.invalidateQueries({ queryKey: messagesQuery(conversation).queryKey });
        },
      );
    };
    return {
      react: (message: Message, emoji: string) => {
        const reactions = withOwnReaction(message, emoji, me, Date.now());
        change(message, { ...message, details: { ...message.details, reactions } }, () =>
          desk.react(message.id, emoji),
        );
      },
      edit: (message: Message, text: string) =>
        change(message, { ...message, text, details: { ...message.details, edited_at: Date.now() } }, () =>
          desk.edit(message.id, text),
        ),
      /** Says whether it was kept from leaving; false when it has left already. */
      cancel: async (message: Message): Promise<boolean> => {
        const failure = { code: "cancelled", detail: "", retryable: false };
        const { hold: _waited, ...details } = message.details ?? {};
        const shown: Message = { ...message, status: "failed", failure, details };
        applyMessage(client, shown);
        try {
          applyAnswer(client, await desk.cancel(message.id), shown);
          return true;
        } catch (error) {
          applyMessage(client, message);
          void client.invalidateQueries({ queryKey: messagesQuery(conversation).queryKey });
          const problem = ProblemError.from(error);
          if (problem.code === "already_sent") return false;
          toast.bad(problemText(problem));
          return true;
        }
      },
      revoke: (message: Message) =>
        change(message, { ...message, kind: "revoked", text: null, details: { revoked_at: Date.now() } }, () =>
          desk.revoke(message.id),
        ),
      played: (message: Message) => {
        applyMessage(client, { ...message, status: "played" });
        // Played here is played, whether the customer's phone hears of it or not.
        desk.played(message.id).catch(() => undefined);
      },
    };
  }, [client, conversation, me]);
}
