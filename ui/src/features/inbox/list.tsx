import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Inbox as InboxIcon, SearchX } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Agent, ConversationItem, ConversationView } from "../../api/model";
import { agentsQuery, channelsQuery, conversationsQuery, safetyQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { useShortcuts } from "../../components/shortcuts";
import { Empty, Failed, RowBones } from "../../components/states";
import { useSteady } from "../../components/use-steady";
import { Row } from "./row";

interface ListProps {
  view: ConversationView;
  q: string;
  me: Agent;
  selected: string | null;
  /** A search whose first find is to be opened. */
  meant: string | null;
  onMeant: () => void;
  onOpen: (id: string) => void;
  onView: (view: ConversationView) => void;
}

export function List({ view, q, me, selected, meant, onMeant, onOpen, onView }: ListProps) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(conversationsQuery(view, q));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const mayRead = query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError;

  const found = query.isSuccess && !query.isFetching ? (items[0]?.id ?? "") : null;
  useEffect(() => {
    if (meant === null || meant !== q || found === null) return;
    onMeant();
    if (found !== "") onOpen(found);
  }, [meant, q, found, onMeant, onOpen]);

  useStepping(items, selected, onOpen);

  if (query.isPending) return <RowBones />;
  if (query.isError && items.length === 0) return <Failed error={query.error} onRetry={() => query.refetch()} />;
  if (items.length === 0) {
    return q ? (
      <Empty icon={<SearchX />} title={t("inbox.noMatch")}>
        <bdi>{t("inbox.noMatchHint", { q })}</bdi>
      </Empty>
    ) : (
      <Empty
        icon={<InboxIcon />}
        title={t(`inbox.empty.${view}`)}
        action={view === "mine" && <Button onClick={() => onView("unassigned")}>{t("inbox.seeUnassigned")}</Button>}
      >
        {t(`inbox.emptyHint.${view}`)}
      </Empty>
    );
  }
  return (
    <Rows
      items={items}
      me={me}
      selected={selected}
      onOpen={onOpen}
      onEnd={() => {
        if (mayRead) void query.fetchNextPage();
      }}
    />
  );
}

/** j and k walk through the list. */
function useStepping(items: ConversationItem[], selected: string | null, onOpen: (id: string) => void): void {
  const step = (by: number) => {
    const at = items.findIndex((item) => item.id === selected);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    if (next) onOpen(next.id);
  };
  useShortcuts({ j: () => step(1), k: () => step(-1) });
}

interface RowsProps {
  items: ConversationItem[];
  me: Agent;
  selected: string | null;
  onOpen: (id: string) => void;
  onEnd: () => void;
}

function Rows({ items, me, selected, onOpen, onEnd }: RowsProps) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const agents = useQuery(agentsQuery).data;
  const channels = useQuery(channelsQuery).data;
  const safety = useQuery(safetyQuery).data;
  const held = useMemo(() => new Set(safety?.held.map((one) => one.conversation_id)), [safety]);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 80,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 8,
  });
  const note = useSteady(scroller, rows, items, (item) => item.last_activity_at);
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - 10) onEnd();
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a change of the choice scrolls, new messages must not
  useEffect(() => {
    const at = items.findIndex((item) => item.id === selected);
    if (at >= 0) rows.scrollToIndex(at, { align: "auto" });
  }, [selected]);
  return (
    <div ref={scroller} onScroll={note} className="scroll-quiet h-full">
      <ul aria-label={t("inbox.list")} className="relative" style={{ height: rows.getTotalSize() }}>
        {shown.map((row) => {
          const item = items[row.index];
          if (!item) return null;
          const channel = channels?.find((one) => one.id === item.channel_id);
          return (
            <li
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              aria-setsize={items.length}
              aria-posinset={row.index + 1}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <Row
                item={item}
                me={me}
                channel={channel}
                owner={agents?.find((agent) => agent.id === channel?.owner_id)}
                selected={item.id === selected}
                held={held.has(item.id)}
                onOpen={onOpen}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
