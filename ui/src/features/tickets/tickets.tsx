import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Ticket as TicketIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Ticket, TicketState } from "../../api/model";
import { useAgent, useMe } from "../../api/people";
import { ticketsQuery } from "../../api/queries";
import { cx } from "../../components/cx";
import { selectClass } from "../../components/field";
import { PageFrame } from "../../components/page";
import { Empty, Failed, RowBones } from "../../components/states";
import { PriorityTag, StateTag } from "../../components/ticket/ticket-tags";
import { shortTime } from "../../i18n/format";
import { safeName } from "../../text/untrusted";

const STATES: readonly TicketState[] = ["open", "assigned", "in_progress", "resolved", "closed"];

interface TicketsProps {
  whose: "mine" | "everyone";
  state: TicketState | "";
}

export function Tickets({ whose, state }: TicketsProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const me = useMe();
  const query = useInfiniteQuery({
    ...ticketsQuery(state, whose === "mine" ? (me?.id ?? "") : ""),
    enabled: me !== undefined,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const filter = (change: Partial<TicketsProps>) =>
    void navigate({ to: "/tickets", search: { whose, state, ...change }, replace: true });

  return (
    <PageFrame
      title={t("tickets.title")}
      actions={
        <>
          <fieldset className="flex overflow-hidden rounded-s border border-line">
            <legend className="sr-only">{t("tickets.who")}</legend>
            {(["everyone", "mine"] as const).map((value) => (
              <button
                key={value}
                type="button"
                aria-pressed={whose === value}
                onClick={() => filter({ whose: value })}
                className={cx(
                  "tap focus-inset px-3 py-1.5 font-medium text-13",
                  whose === value ? "bg-accent-soft text-accent" : "text-text-2 hover:bg-hover",
                )}
              >
                {t(`tickets.whose.${value}`)}
              </button>
            ))}
          </fieldset>
          <select
            aria-label={t("tickets.state")}
            value={state}
            onChange={(event) => filter({ state: event.target.value as TicketState | "" })}
            className={selectClass}
          >
            <option value="">{t("tickets.anyState")}</option>
            {STATES.map((value) => (
              <option key={value} value={value}>
                {t(`ticket.state.${value}`)}
              </option>
            ))}
          </select>
        </>
      }
    >
      <div className="min-h-0 flex-1">
        {query.isPending ? (
          <RowBones />
        ) : query.isError && items.length === 0 ? (
          <Failed error={query.error} onRetry={() => query.refetch()} />
        ) : items.length === 0 ? (
          <Empty icon={<TicketIcon />} title={t("tickets.empty")}>
            {t("tickets.emptyHint")}
          </Empty>
        ) : (
          <Rows
            items={items}
            onEnd={() => {
              if (query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError)
                void query.fetchNextPage();
            }}
          />
        )}
      </div>
    </PageFrame>
  );
}

function Rows({ items, onEnd }: { items: Ticket[]; onEnd: () => void }) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 60,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 10,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - 10) onEnd();
  });
  return (
    <div ref={scroller} className="scroll-quiet h-full">
      <ul aria-label={t("tickets.list")} className="relative" style={{ height: rows.getTotalSize() }}>
        {shown.map((row) => {
          const ticket = items[row.index];
          return (
            ticket && (
              <li
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                aria-setsize={items.length}
                aria-posinset={row.index + 1}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <Row ticket={ticket} />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

function Row({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const me = useMe();
  const assignee = useAgent(ticket.assignee_id);
  const who = !ticket.assignee_id
    ? t("tickets.unassigned")
    : ticket.assignee_id === me?.id
      ? t("common.you")
      : safeName(assignee?.name ?? t("common.someone"), 60);
  return (
    <button
      type="button"
      data-testid="ticket-row"
      data-state={ticket.state}
      onClick={() =>
        void navigate({
          to: "/inbox/$conversationId",
          params: { conversationId: ticket.conversation_id },
          search: { view: "all" },
        })
      }
      className="focus-inset grid w-full grid-cols-[64px_minmax(0,1fr)_110px_140px_90px] items-center gap-x-4 border-line border-b px-6 py-3.5 text-start hover:bg-hover max-lg:grid-cols-[64px_minmax(0,1fr)_110px_90px] max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-y-1 max-md:px-4"
    >
      <span className="text-13 text-text-2 max-md:order-3">{t("ticket.number", { number: ticket.number })}</span>
      <span className="flex min-w-0 items-center gap-2">
        <bdi className="truncate font-medium">{safeName(ticket.subject || " ", 120)}</bdi>
        <PriorityTag priority={ticket.priority} />
      </span>
      <span className="max-md:justify-self-end">
        <StateTag state={ticket.state} />
      </span>
      <bdi className="truncate text-13 text-text-2 max-lg:hidden">{who}</bdi>
      <span className="text-end text-12 text-text-3 max-md:order-4">{shortTime(ticket.created_at)}</span>
    </button>
  );
}
