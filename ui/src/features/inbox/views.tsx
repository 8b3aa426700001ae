import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { conversationsQuery, countsQuery } from "../../api/queries";
import { wholeNumber } from "../../i18n/format";
import { type ListView, shownIn } from "./list-view";

const VIEWS: readonly ListView[] = ["mine", "unassigned", "all", "waiting", "closed"];

export function Views({ view, onView }: { view: ListView; onView: (view: ListView) => void }) {
  const { t } = useTranslation();
  const counts = useQuery(countsQuery).data;
  const all = useInfiniteQuery(conversationsQuery("all", "")).data;
  const archived = shownIn(all?.pages.flatMap((page) => page.items) ?? [], "archived", "").length;
  const views: readonly ListView[] = archived > 0 || view === "archived" ? [...VIEWS, "archived"] : VIEWS;
  const count = (of: ListView) => (of === "archived" ? 0 : (counts?.[of] ?? 0));
  const tabs = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen tab comes into sight when the choice changes
  useEffect(() => {
    tabs.current?.querySelector('[data-state="active"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view, views.length]);
  return (
    <Tabs.Root value={view} onValueChange={(next) => onView(next as ListView)}>
      <Tabs.List
        ref={tabs}
        aria-label={t("inbox.views")}
        className="flex gap-2.5 overflow-x-auto border-line border-b px-4 text-12 max-md:gap-4 max-md:text-13 text-text-2 [scrollbar-width:none]"
      >
        {views.map((value) => (
          <Tabs.Trigger
            key={value}
            value={value}
            aria-controls="conversations"
            className="tap focus-inset shrink-0 rounded-t-s py-2 font-medium data-[state=active]:text-text data-[state=active]:shadow-[inset_0_-2px_var(--accent)]"
          >
            {t(`inbox.view.${value}`)}
            {count(value) > 0 && (
              <span className="ms-1 font-normal text-11 text-text-3">{wholeNumber(count(value))}</span>
            )}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
    </Tabs.Root>
  );
}
