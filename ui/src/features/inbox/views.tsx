import { useQuery } from "@tanstack/react-query";
import { Archive, ArrowLeft } from "lucide-react";
import { Tabs } from "radix-ui";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ConversationView } from "../../api/model";
import { countsQuery } from "../../api/queries";
import { IconButton } from "../../components/button";
import { wholeNumber } from "../../i18n/format";

const VIEWS = ["mine", "unassigned", "all", "waiting", "closed"] as const;

interface ViewsProps {
  view: ConversationView;
  onView: (view: ConversationView) => void;
}

export function Views({ view, onView }: ViewsProps) {
  const { t } = useTranslation();
  const counts = useQuery(countsQuery).data;
  const tabs = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen tab comes into sight when the choice changes
  useEffect(() => {
    tabs.current?.querySelector('[data-state="active"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view]);
  return (
    <>
      <Tabs.Root value={view} onValueChange={(next) => onView(next as ConversationView)}>
        <Tabs.List
          ref={tabs}
          aria-label={t("inbox.views")}
          className="flex gap-2.5 overflow-x-auto border-line border-b px-4 text-12 max-md:gap-4 max-md:text-13 text-text-2 [scrollbar-width:none]"
        >
          {VIEWS.map((value) => (
            <Tabs.Trigger
              key={value}
              value={value}
              aria-controls="conversations"
              className="tap focus-inset shrink-0 rounded-t-s py-2 font-medium data-[state=active]:text-text data-[state=active]:shadow-[inset_0_-2px_var(--accent)]"
            >
              {t(`inbox.view.${value}`)}
              {(counts?.[value] ?? 0) > 0 && (
                <span className="ms-1 font-normal text-11 text-text-3">{wholeNumber(counts?.[value] ?? 0)}</span>
              )}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </Tabs.Root>
      <PutAway view={view} count={counts?.archived ?? 0} onView={onView} />
    </>
  );
}

/** The way to the chats that the owner has archived on the phone, and back. */
function PutAway({ view, count, onView }: ViewsProps & { count: number }) {
  const { t } = useTranslation();
  if (view === "archived") {
    return (
      <div className="flex min-h-11 items-center gap-1 border-line border-b ps-2 pe-4">
        <IconButton
          label={t("inbox.leaveArchive")}
          icon={<ArrowLeft className="rtl:-scale-x-100" />}
          onClick={() => onView("all")}
        />
        <h2 className="text-13">{t("inbox.view.archived")}</h2>
      </div>
    );
  }
  if (view !== "all" || count === 0) return null;
  return (
    <button
      type="button"
      data-testid="archive"
      onClick={() => onView("archived")}
      className="tap focus-inset flex w-full items-center gap-3 border-line border-b px-4 py-2 text-start text-13 text-text-2 hover:bg-hover"
    >
      <span aria-hidden className="grid w-9 place-items-center">
        <Archive className="size-4" />
      </span>
      <span className="flex-1 font-medium">{t("inbox.view.archived")}</span>
      <span className="text-12">{wholeNumber(count)}</span>
    </button>
  );
}
