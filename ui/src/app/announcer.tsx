import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { cachedConversation } from "../api/cache";
import * as desk from "../api/desk";
import { useDeskEvents } from "../api/live";
import type { DeskEvent, Id, Message, Ticket } from "../api/model";
import { ticketsQuery } from "../api/queries";
import { useKindName } from "../components/kind-name";
import { sayLost } from "../components/ticket/say-lost";
import { platform } from "../platform";
import { safeName, safeText } from "../text/untrusted";

/** Tickets that this person asked for lately and that the server may yet give to someone else. */
const asked = new Map<Id, number>();

/** Says what just happened: to screen readers, as a notification, and when a ticket went to someone faster. */
export function Announcer({ me }: { me: Id }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [said, setSaid] = useState("");
  const kindName = useRef(useKindName());

  const onMessage = useCallback(
    async (message: Message) => {
      const known = cachedConversation(client, message.conversation_id);
      const item = known ?? (await desk.conversation(message.conversation_id).catch(() => null));
      if (!item) return;
      const name = safeName(item.contact.name, 60);
      setSaid(t("chat.newMessageFrom", { name }));
      const quiet = item.on_phone?.archived || (item.on_phone?.muted_until ?? 0) > Date.now();
      const concerns = !quiet && (!item.assignee_id || item.assignee_id === me);
      if (!concerns || (document.visibilityState === "visible" && document.hasFocus())) return;
      const body = message.text
        ? safeText(message.text).slice(0, 140)
        : message.kind === "text"
          ? ""
          : kindName.current(message.kind);
      const sender = message.details?.sender?.name;
      const words = sender && body ? t("inbox.senderPreview", { name: safeName(sender, 40), text: body }) : body;
      platform.notify({ title: name, body: words, conversationId: message.conversation_id });
    },
    [client, me, t],
  );

  const onTicket = useCallback(
    (ticket: Ticket) => {
      if (ticket.pending && ticket.assignee_id === me) asked.set(ticket.id, Date.now());
      else if (asked.delete(ticket.id) && ticket.assignee_id && ticket.assignee_id !== me) {
        void sayLost(client, ticket);
        void client.invalidateQueries({ queryKey: ticketsQuery("", "").queryKey });
      }
    },
    [client, me],
  );

  const onEvent = useCallback(
    (event: DeskEvent) => {
      if (event.name === "message:new" && event.data.direction === "inbound") void onMessage(event.data);
      else if (event.name.startsWith("ticket:")) onTicket(event.data as Ticket);
    },
    [onMessage, onTicket],
  );
  useDeskEvents(onEvent);

  return (
    <div aria-live="polite" className="sr-only" data-testid="announcer">
      {said}
    </div>
  );
}
