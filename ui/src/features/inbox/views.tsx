import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { useTranslation } from "react-i18next";
import type { ConversationView } from "../../api/model";
import { countsQuery } from "../../api/queries";
import { wholeNumber } from "../../i18n/format";

const VIEWS: readonly ConversationView[] = ["mine", "unassigned", "all", "waiting", "closed"];

export function Views({ view, onView }: { view: ConversationView; onView: (view: ConversationView) => void }) {
  const { t } = useTranslation();
  const counts = useQuery(countsQuery).data;
  return (
    <Tabs.Root value={view} onValueChange={(next) => onView(next as ConversationView)}>
      <Tabs.List
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
            {counts && counts[value] > 0 && (
              <span className="ms-1 font-normal text-11 text-text-3">{wholeNumber(counts[value])}</span>
            )}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
    </Tabs.Root>
  );
}
