import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Agent, ConversationItem, Group, Scope } from "../../api/model";
import { Button } from "../../components/button";
import { ContactFacts, ContactHeader } from "../../components/contact/contact-details";
import { cx } from "../../components/cx";
import { fullTime, wholeNumber } from "../../i18n/format";
import { safeText } from "../../text/untrusted";
import { TicketCard } from "./ticket-card";
import type { TicketControls } from "./use-ticket";

interface PanelProps {
  /** Null where only the number's owner decides. */
  onScope: (() => void) | null;
  conversation: ConversationItem;
  /** Who is in it, where it is a group and this machine knows. */
  group: Group | undefined;
  onMembers: () => void;
  me: Agent;
  controls: TicketControls;
}

/** Beside the chat: who this is, the ticket, what the team sees, what happened when. */
export function Panel({ conversation, group, onMembers, me, controls, onScope }: PanelProps) {
  const { t } = useTranslation();
  return (
    <div className="grid content-start gap-5 p-4">
      <ContactHeader contact={conversation.contact} />
      <Section title={t("ticket.title")}>
        <TicketCard ticket={conversation.ticket ?? null} scope={conversation.scope} me={me} controls={controls} />
      </Section>
      {group && (
        <Section title={t("group.title")}>
          <GroupFacts group={group} onMembers={onMembers} />
        </Section>
      )}
      <Section title={t(conversation.contact.kind === "group" ? "group.about" : "contact.title")}>
        <ContactFacts contact={conversation.contact} />
      </Section>
      <Section title={t("scope.title")}>
        <ScopeShown scope={conversation.scope} />
        {onScope && (
          <Button className="mt-2" onClick={onScope}>
            {t("scope.change")}
          </Button>
        )}
      </Section>
      <Section title={t("timeline.title")}>
        <Timeline conversation={conversation} />
      </Section>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-2 font-semibold text-12 text-text-2 tracking-normal">{title}</h2>
      {children}
    </section>
  );
}

function GroupFacts({ group, onMembers }: { group: Group; onMembers: () => void }) {
  const { t } = useTranslation();
  const rule = !group.member ? t("group.leftHint") : group.announce_only ? t("group.announce") : null;
  return (
    <div className="grid justify-items-start gap-2 text-13">
      {group.description && (
        <p dir="auto" className="line-clamp-4 whitespace-pre-wrap break-words">
          {safeText(group.description)}
        </p>
      )}
      {rule && <p className="text-text-2">{rule}</p>}
      <Button onClick={onMembers}>
        {t("group.count", { count: group.members.length, formatted: wholeNumber(group.members.length) })}
      </Button>
    </div>
  );
}

function ScopeShown({ scope }: { scope: Scope }) {
  const { t } = useTranslation();
  return (
    <>
      <ul className="grid grid-cols-3 overflow-hidden rounded-s border border-line text-center text-12">
        {(["private", "metadata", "shared"] as const).map((value) => (
          <li
            key={value}
            aria-current={value === scope || undefined}
            className={cx("p-1.5", value === scope ? "bg-accent-soft font-semibold text-accent" : "text-text-2")}
          >
            {t(`scope.${value}`)}
          </li>
        ))}
      </ul>
      <p className="mt-1.5 text-12 text-text-2">{t(`scope.${scope}Hint`)}</p>
    </>
  );
}

function Timeline({ conversation }: { conversation: ConversationItem }) {
  const { t } = useTranslation();
  const ticket = conversation.ticket;
  const facts = [
    { label: t("timeline.chatBegan"), at: conversation.created_at },
    { label: t("timeline.created"), at: ticket?.created_at },
    { label: t("timeline.assigned"), at: ticket?.assigned_at },
    { label: t("timeline.firstReply"), at: ticket?.first_reply_at },
    { label: t("timeline.resolved"), at: ticket?.resolved_at },
    { label: t("timeline.closed"), at: ticket?.closed_at },
    { label: t("timeline.lastActivity"), at: conversation.last_activity_at },
  ];
  // WhatsApp stamps whole seconds, so the order of events is known better than their times.
  const known = facts.filter((fact): fact is { label: string; at: number } => fact.at != null);
  return (
    <ol className="grid gap-1.5 text-13">
      {known.map((fact) => (
        <li key={fact.label} className="grid grid-cols-[104px_minmax(0,1fr)] gap-x-2">
          <span className="text-text-2">{fact.label}</span>
          <time dateTime={new Date(fact.at).toISOString()}>{fullTime(fact.at)}</time>
        </li>
      ))}
    </ol>
  );
}
