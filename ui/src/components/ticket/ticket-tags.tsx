import { useTranslation } from "react-i18next";
import type { Priority, Ticket, TicketState } from "../../api/model";
import { Tag, type Tone } from "../tag";

const STATE_TONES: Record<TicketState, Tone> = {
  open: "warn",
  assigned: "info",
  in_progress: "accent",
  resolved: "plain",
  closed: "plain",
};

export function StateTag({ state }: { state: TicketState }) {
  const { t } = useTranslation();
  return <Tag tone={STATE_TONES[state]}>{t(`ticket.state.${state}`)}</Tag>;
}

/** Medium is what every ticket is, so it is not said. */
export function PriorityTag({ priority }: { priority: Priority }) {
  const { t } = useTranslation();
  if (priority === "medium") return null;
  const tone = priority === "urgent" ? "bad" : priority === "high" ? "warn" : "plain";
  return <Tag tone={tone}>{t(`priority.${priority}`)}</Tag>;
}

export function mayTransfer(ticket: Ticket, me: { id: string; role: string } | undefined): boolean {
  if (!me || ticket.state === "resolved" || ticket.state === "closed") return false;
  return ticket.assignee_id === me.id || me.role !== "agent";
}
