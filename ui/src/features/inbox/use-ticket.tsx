import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Agent, Ticket } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { agentsQuery } from "../../api/queries";
import { type Move, useTicketMove } from "../../api/ticket-moves";
import { problemText } from "../../components/problem-text";
import { sayLost } from "../../components/ticket/say-lost";
import { mayTransfer } from "../../components/ticket/ticket-tags";
import { toast } from "../../components/toast";
import { safeName } from "../../text/untrusted";
import { ResolveDialog, TransferDialog } from "./ticket-dialogs";

/** What this person may do with a ticket, how, and the dialogs that it takes. */
export function useTicket(ticket: Ticket | null | undefined, me: Agent, onTaken: () => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<"resolve" | "transfer" | null>(null);
  const moving = useTicketMove({
    onDone: (done, move) => {
      if (move.kind === "take") onTaken();
      const words = said(done, move);
      if (words) toast.good(words);
    },
    onProblem: (error, lost) => {
      const problem = ProblemError.from(error);
      if (problem.code === "ticket_taken") void sayLost(client, lost);
      else toast.bad(problemText(problem));
    },
  });

  // What is plain to see on the screen needs no words.
  const said = (done: Ticket, move: Move): string | null => {
    const { number } = done;
    switch (move.kind) {
      case "take":
      case "reopen":
        return null;
      case "resolve":
        return t("ticket.resolved", { number });
      case "close":
        return t("ticket.closed", { number });
      case "transfer": {
        const to = client.getQueryData(agentsQuery.queryKey)?.find((agent) => agent.id === move.to);
        return t("ticket.transferred", { number, name: safeName(to?.name ?? t("common.someone"), 60) });
      }
    }
  };

  const mine = ticket?.assignee_id === me.id;
  const working = ticket?.state === "assigned" || ticket?.state === "in_progress";
  const can = {
    take: ticket?.state === "open" && !ticket.assignee_id,
    resolve: mine && working,
    close: mine && (working || ticket?.state === "resolved"),
    reopen: mine && ticket?.state === "resolved",
    transfer: ticket ? mayTransfer(ticket, me) : false,
  };
  const go = (move: Move) => {
    if (ticket) moving.mutate({ ticket, move });
  };
  const dialogs = ticket && dialog && (
    <>
      {dialog === "resolve" && (
        <ResolveDialog
          ticket={ticket}
          onClose={() => setDialog(null)}
          onResolve={(note) => {
            setDialog(null);
            go({ kind: "resolve", note });
          }}
        />
      )}
      {dialog === "transfer" && (
        <TransferDialog
          ticket={ticket}
          onClose={() => setDialog(null)}
          onTransfer={(to, reason) => {
            setDialog(null);
            go({ kind: "transfer", to, reason });
          }}
        />
      )}
    </>
  );
  return {
    can,
    busy: moving.isPending,
    dialogs,
    take: () => can.take && go({ kind: "take" }),
    close: () => can.close && go({ kind: "close" }),
    reopen: () => can.reopen && go({ kind: "reopen" }),
    askResolve: () => can.resolve && setDialog("resolve"),
    askTransfer: () => can.transfer && setDialog("transfer"),
  };
}
export type TicketControls = ReturnType<typeof useTicket>;
