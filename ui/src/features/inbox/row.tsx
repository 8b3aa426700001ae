import { Archive, BellOff, Hourglass, Pin, Users } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Agent, Channel, ConversationItem } from "../../api/model";
import { Business } from "../../components/business";
import { cx } from "../../components/cx";
import { Face } from "../../components/face";
import { useKindName } from "../../components/kind-name";
import { Name } from "../../components/name";
import { Tag } from "../../components/tag";
import { shortTime } from "../../i18n/format";
import { safeName, safeText } from "../../text/untrusted";
import { Ticks } from "./message/ticks";

interface RowProps {
  item: ConversationItem;
  me: Agent;
  owner: Agent | undefined;
  channel: Channel | undefined;
  selected: boolean;
  /** A rule keeps a message of this chat waiting. */
  held: boolean;
  onOpen: (id: string) => void;
}

export const Row = memo(function Row({ item, me, owner, channel, selected, held, onOpen }: RowProps) {
  const { t } = useTranslation();
  const { contact, last_message: last, ticket } = item;
  const foreign = channel && channel.owner_id !== me.id;
  const group = contact.kind === "group";
  const raised = selected ? "raised" : "plain";
  const writer = ticket?.assignee_id ?? item.assignee_id ?? channel?.owner_id;
  const preview = usePreview(item, writer === me.id);
  return (
    <button
      type="button"
      data-testid="conversation-row"
      data-id={item.id}
      aria-current={selected || undefined}
      onClick={() => onOpen(item.id)}
      className={cx(
        "focus-inset grid w-full grid-cols-[36px_minmax(0,1fr)_auto] gap-x-3 border-line border-b px-4 py-2.5 text-start transition-colors duration-(--motion)",
        selected ? "bg-selected" : "hover:bg-hover",
      )}
    >
      <Face contact={contact} className="row-span-2 mt-0.5" />
      <span className="flex min-w-0 items-center gap-1 font-semibold">
        {group && <Users role="img" aria-label={t("contact.group")} className="size-3.5 shrink-0 text-text-2" />}
        <Name className="truncate">{contact.name}</Name>
        <Business contact={contact} />
      </span>
      <span
        className={cx(
          "text-12",
          item.unread > 0 ? "font-semibold text-accent" : selected ? "text-text-2" : "text-text-3",
        )}
      >
        {shortTime(item.last_activity_at)}
      </span>
      <span className="flex min-w-0 items-center gap-1 text-13 text-text-2">
        {last?.direction === "outbound" && <Ticks status={last.status} held={held} />}
        <span dir="auto" className="truncate">
          {preview}
        </span>
      </span>
      <span className="flex min-w-0 items-center gap-1.5 justify-self-end">
        <OnPhone item={item} />
        {item.unread > 0 && (
          <span className="inline-block rounded-full bg-accent px-[7px] py-px font-[650] text-11 text-accent-ink">
            <span aria-hidden>{item.unread > 999 ? "999+" : item.unread}</span>
            <span className="sr-only">{t("inbox.unread", { count: item.unread })}</span>
          </span>
        )}
      </span>
      {(foreign || ticket || held || item.scope !== "shared") && (
        <span className="col-span-2 col-start-2 mt-1 flex min-w-0 flex-wrap items-center gap-1.5">
          {ticket && (
            <Tag tone={ticket.state === "open" ? "warn" : raised}>
              {ticket.state === "open"
                ? t("inbox.ticketUnassigned", { number: ticket.number })
                : t("inbox.ticketTag", { number: ticket.number })}
            </Tag>
          )}
          {held && (
            <Tag tone="warn">
              <Hourglass aria-hidden className="size-3" />
              {t("inbox.held")}
            </Tag>
          )}
          {item.scope !== "shared" && <Tag tone={raised}>{t(`scope.${item.scope}`)}</Tag>}
          {ticket?.state === "resolved" && <Tag tone={raised}>{t("ticket.state.resolved")}</Tag>}
          {foreign && (
            <Tag tone="info">
              <bdi className="truncate">
                {t("inbox.viaNumber", { name: safeName(owner?.name ?? channel.name, 40) })}
              </bdi>
            </Tag>
          )}
        </span>
      )}
    </button>
  );
});

/** How the owner keeps the chat on the phone. */
function OnPhone({ item }: { item: ConversationItem }) {
  const { t } = useTranslation();
  const kept = item.on_phone;
  if (!kept) return null;
  const muted = kept.muted_until != null && kept.muted_until > Date.now();
  const look = "size-3.5 shrink-0 text-text-3";
  return (
    <>
      {kept.pinned && <Pin role="img" aria-label={t("inbox.pinned")} className={look} />}
      {muted && <BellOff role="img" aria-label={t("inbox.muted")} className={look} />}
      {kept.archived && <Archive role="img" aria-label={t("inbox.archived")} className={look} />}
    </>
  );
}

function usePreview({ last_message: last }: ConversationItem, mine: boolean): string {
  const { t } = useTranslation();
  const kindName = useKindName();
  if (!last) return "";
  const kind = last.kind === "text" ? "" : kindName(last.kind);
  const text = last.preview ? safeText(last.preview).replace(/\s+/g, " ") : kind || t("inbox.hidden");
  if (last.direction === "outbound") return mine ? t("inbox.youPreview", { text }) : text;
  return last.sender ? t("inbox.senderPreview", { name: safeName(last.sender, 24), text }) : text;
}
