import { useTranslation } from "react-i18next";
import type { Agent, Channel } from "../../../api/model";
import { Button } from "../../../components/button";
import { Dot } from "../../../components/tag";
import { prettyPhone } from "../../../text/phone";
import { safeName } from "../../../text/untrusted";
import type { SendingRule } from "../sending-rule";

interface FromProps {
  rule: Extract<SendingRule, { kind: "free" }>;
  channel: Channel | undefined;
  owner: Agent | undefined;
  me: Agent;
}

/** Above the composer: which number this leaves from, and what it may wait for. */
export function From({ rule, channel, owner, me }: FromProps) {
  const { t } = useTranslation();
  if (!channel) return <p className="min-h-6" />;
  const name = safeName(owner?.name ?? t("common.someone"), 60);
  const number = prettyPhone(channel.number);
  const from =
    channel.owner_id === me.id ? t("composer.fromYours", { number }) : t("composer.fromOther", { name, number });
  const waits =
    rule.notice === "owner_offline"
      ? t("composer.ownerOffline", { name })
      : rule.notice === "owner_session"
        ? t("composer.ownerSession", { name })
        : rule.notice === "own_offline"
          ? t("composer.ownOffline")
          : rule.notice === "own_session"
            ? t("composer.yourSession")
            : null;
  return (
    <p
      className="flex flex-wrap items-center gap-x-1.5 pt-0.5 pb-1.5 text-12 text-text-2"
      role="status"
      data-testid="sends-from"
    >
      <Dot tone={waits ? "warn" : "ok"} />
      <bdi>{from}</bdi>
      {waits && <span className="text-warn">· {waits}</span>}
    </p>
  );
}

interface LockedProps {
  rule: Exclude<SendingRule, { kind: "free" }>;
  assignee: Agent | undefined;
  owner: Agent | undefined;
  busy: boolean;
  onTake: () => void;
  onReopen: () => void;
}

/** In place of the composer where this person cannot write: why, and what would change it. */
export function Locked({ rule, assignee, owner, busy, onTake, onReopen }: LockedProps) {
  const { t } = useTranslation();
  const nameOf = (agent: Agent | undefined) => safeName(agent?.name ?? t("common.someone"), 60);
  if (rule.kind === "take") {
    return (
      <Row text={t("composer.locked.unassigned")}>
        <Button look="primary" onClick={onTake} busy={busy}>
          {t("ticket.takeThis")}
        </Button>
      </Row>
    );
  }
  if (rule.kind === "reopen") {
    return (
      <Row text={t("composer.locked.resolved")}>
        <Button onClick={onReopen} busy={busy}>
          {t("ticket.reopen")}
        </Button>
      </Row>
    );
  }
  const person = rule.reason === "notLent" || rule.reason === "notYours" ? owner : assignee;
  return <Row text={t(`composer.locked.${rule.reason}`, { name: nameOf(person) })} />;
}

function Row({ text, children }: { text: string; children?: React.ReactNode }) {
  return (
    <div
      role="status"
      data-testid="composer-locked"
      className="flex min-h-11 flex-wrap items-center gap-3 rounded-m bg-surface-2 py-1.5 ps-3 pe-1.5 text-13 text-text-2"
    >
      <span className="min-w-0 flex-1">{text}</span>
      {children}
    </div>
  );
}
