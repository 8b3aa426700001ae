import { useQuery } from "@tanstack/react-query";
import { History as HistoryIcon, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { statusQuery } from "../api/queries";
import { IconButton } from "../components/button";
import { HistoryBar, useHistoryText } from "../components/history";

/** A quiet line above the desk while the phone hands over the past, and what it came to. */
export function HistoryLine() {
  const { t } = useTranslation();
  const history = useQuery(statusQuery).data?.history;
  const counts = useHistoryText();
  const [watched, setWatched] = useState(false);
  const [closed, setClosed] = useState(false);
  const state = history?.state;
  useEffect(() => {
    // The sum is for those who saw it run.
    if (state !== "importing") return;
    setWatched(true);
    setClosed(false);
  }, [state]);
  if (!history || closed || !(state === "importing" || (state === "done" && watched))) return null;
  return (
    <section
      aria-label={t("history.label")}
      data-testid="history-line"
      data-state={state}
      className="flex items-center gap-3 border-line border-b bg-surface px-4 py-1.5 text-12 text-text-2"
    >
      <HistoryIcon aria-hidden className="size-3.5 shrink-0" />
      <p className="min-w-0 flex-1" role="status">
        {state === "done" ? t("history.done") : t("history.importing", { percent: history.percent ?? 0 })}{" "}
        {counts(history)}
      </p>
      {state === "importing" ? (
        <span className="w-40 max-md:hidden">
          <HistoryBar history={history} />
        </span>
      ) : (
        <IconButton label={t("common.dismiss")} icon={<X />} className="size-6" onClick={() => setClosed(true)} />
      )}
    </section>
  );
}
