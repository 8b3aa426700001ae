import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { applyTicket, cachedConversation, settleCounts } from "./cache";
import * as desk from "./desk";
import type { Id, Ticket } from "./model";
import { conversationQuery, profileQuery } from "./queries";

// A move shows at once; the host's answer confirms it or takes it back.

export type Move =
  | { kind: "take" }
  | { kind: "transfer"; to: Id; reason: string }
  | { kind: "resolve"; note: string }
  | { kind: "close" }
  | { kind: "reopen" };

function guess(ticket: Ticket, move: Move, me: Id): Ticket {
  const now = Date.now();
  switch (move.kind) {
    case "take":
      return { ...ticket, state: "assigned", assignee_id: me, assigned_at: now, pending: true };
    case "transfer":
      return {
        ...ticket,
        state: ticket.state === "open" ? "assigned" : ticket.state,
        assignee_id: move.to,
        assigned_at: now,
        pending: true,
      };
    case "resolve":
      return { ...ticket, state: "resolved", resolution_note: move.note || null, resolved_at: now, pending: true };
    case "close":
      return { ...ticket, state: "closed", closed_at: now, pending: true };
    case "reopen":
      return { ...ticket, state: ticket.first_reply_at ? "in_progress" : "assigned", resolved_at: null, pending: true };
  }
}

function ask(ticket: Ticket, move: Move): Promise<Ticket> {
  switch (move.kind) {
    case "take":
      return desk.take(ticket.id);
    case "transfer":
      return desk.transfer(ticket.id, move.to, move.reason);
    case "resolve":
      return desk.resolve(ticket.id, move.note);
    case "close":
      return desk.close(ticket.id);
    case "reopen":
      return desk.reopen(ticket.id);
  }
}

function refresh(client: QueryClient, ticket: Ticket): void {
  void client.invalidateQueries({ queryKey: conversationQuery(ticket.conversation_id).queryKey });
  void client.invalidateQueries({ queryKey: ["conversations"] });
  void client.invalidateQueries({ queryKey: ["tickets"] });
  settleCounts(client);
}

interface Told {
  onDone?: (ticket: Ticket, move: Move) => void;
  onProblem?: (error: Error, ticket: Ticket, move: Move) => void;
}

export function useTicketMove({ onDone, onProblem }: Told = {}) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ ticket, move }: { ticket: Ticket; move: Move }) => ask(ticket, move),
    onMutate: ({ ticket, move }) => {
      // An answer that is under way was given before the move, and would take it back for a moment.
      void client.cancelQueries({ queryKey: conversationQuery(ticket.conversation_id).queryKey });
      const before = cachedConversation(client, ticket.conversation_id);
      const me = client.getQueryData(profileQuery.queryKey)?.id ?? "";
      applyTicket(client, guess(ticket, move, me), true);
      return { before };
    },
    onSuccess: (answer, { ticket, move }) => {
      applyTicket(client, answer, true);
      onDone?.(answer, move);
      refresh(client, ticket);
    },
    onError: (error, { ticket, move }, context) => {
      applyTicket(client, context?.before?.ticket?.id === ticket.id ? context.before.ticket : ticket, true);
      onProblem?.(error, ticket, move);
      refresh(client, ticket);
    },
  });
}
