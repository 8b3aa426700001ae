import { useTranslation } from "react-i18next";
import type { Agent, Scope, Ticket } from "../../api/model";
import { useAgent } from "../../api/people";
import { Button } from "../../components/button";
import { PriorityTag, StateTag } from "../../components/ticket/ticket-tags";
import { safeName } from "../../text/untrusted";
import type { TicketControls } from "./use-ticket";

interface TicketCardProps {
  ticket: Ticket | null;
  scope: Scope;
  me: Agent;
  controls: TicketControls;
}

export function TicketCard({ ticket, scope, me, controls }: TicketCardProps) {
  const { t } = useTranslation();
  const assignee = useAgent(ticket?.assignee_id);
  if (!ticket) {
    return (
      <div className="rounded-m border border-line border-dashed p-3 text-13">
        <p className="font-medium">{t("ticket.none")}</p>
        <p className="text-text-2">{t(scope === "private" ? "ticket.noneHintPrivate" : "ticket.noneHint")}</p>
      </div>
    );
  }
  const { can, busy } = controls;
  const owner = !ticket.assignee_id
    ? t("ticket.nobody")
    : ticket.assignee_id === me.id
      ? t("common.you")
      : safeName(assignee?.name ?? t("common.someone"), 60);
  return (
    <section
      aria-label={t("ticket.number", { number: ticket.number })}
      data-testid="ticket-card"
      data-state={ticket.state}
      className="rounded-m border border-line p-3"
    >
      <div className="mb-1.5 flex items-start gap-2 font-semibold">
        <p className="line-clamp-2 min-w-0 flex-1 break-words">
          {t("ticket.number", { number: ticket.number })} <bdi>{safeName(ticket.subject || " ", 120)}</bdi>
        </p>
        <PriorityTag priority={ticket.priority} />
      </div>
      <dl className="grid grid-cols-[104px_minmax(0,1fr)] gap-x-2 gap-y-1.5 text-13">
        <dt className="text-text-2">{t("ticket.facts.state")}</dt>
        <dd>
          <StateTag state={ticket.state} />
        </dd>
        <dt className="text-text-2">{t("ticket.facts.assignee")}</dt>
        <dd className="truncate">
          <bdi>{owner}</bdi>
        </dd>
        {ticket.category && (
          <>
            <dt className="text-text-2">{t("ticket.facts.category")}</dt>
            <dd className="truncate">
              <bdi>{safeName(ticket.category, 60)}</bdi>
            </dd>
          </>
        )}
      </dl>
      {ticket.resolution_note && (
        <p dir="auto" className="mt-2 whitespace-pre-wrap break-words rounded-s bg-surface-2 px-2 py-1.5 text-13">
          {ticket.resolution_note}
        </p>
      )}
      {ticket.pending && (
        <p role="status" className="mt-2 text-12 text-text-2">
          {t("ticket.pending")}
        </p>
      )}
      <div className="mt-3 flex flex-wrap gap-1.5 empty:hidden">
        {can.take && (
          <Button look="primary" onClick={controls.take} busy={busy}>
            {t("ticket.take")}
          </Button>
        )}
        {can.resolve && (
          <Button look="primary" onClick={controls.askResolve} busy={busy}>
            {t("ticket.resolve")}
          </Button>
        )}
        {can.reopen && (
          <Button onClick={controls.reopen} busy={busy}>
            {t("ticket.reopen")}
          </Button>
        )}
        {can.transfer && (
          <Button onClick={controls.askTransfer} disabled={busy}>
            {t("ticket.transfer")}
          </Button>
        )}
        {can.close && (
          <Button onClick={controls.close} disabled={busy}>
            {t("ticket.close")}
          </Button>
        )}
      </div>
    </section>
  );
}
