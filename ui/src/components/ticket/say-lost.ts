import type { QueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { placeConversation } from "../../api/cache";
import * as desk from "../../api/desk";
import type { Ticket } from "../../api/model";
import { agentsQuery } from "../../api/queries";
import { safeName } from "../../text/untrusted";
import { toast } from "../toast";

/** Someone was faster: fetches the fresh state, so that the screen and the words tell who has the ticket now. */
export async function sayLost(client: QueryClient, ticket: Ticket): Promise<void> {
  const item = await desk.conversation(ticket.conversation_id).catch(() => null);
  if (item) placeConversation(client, item);
  const now = item?.ticket?.id === ticket.id ? item.ticket : ticket;
  const winner = client.getQueryData(agentsQuery.queryKey)?.find((agent) => agent.id === now.assignee_id);
  const { number } = ticket;
  toast.bad(
    winner
      ? i18next.t("ticket.lost", { number, name: safeName(winner.name, 60) })
      : i18next.t("ticket.lostUnknown", { number }),
  );
}
