import { useTranslation } from "react-i18next";
import type { HistoryProgress } from "../api/model";
import { wholeNumber } from "../i18n/format";

/** What has come of the past, counted. */
export function useHistoryText() {
  const { t } = useTranslation();
  return (history: HistoryProgress) =>
    [
      t("history.chats", { count: history.conversations, formatted: wholeNumber(history.conversations) }),
      t("history.messages", { count: history.messages, formatted: wholeNumber(history.messages) }),
      history.skipped > 0 && t("history.skipped", { count: history.skipped, formatted: wholeNumber(history.skipped) }),
      history.failed > 0 && t("history.failed", { count: history.failed, formatted: wholeNumber(history.failed) }),
    ]
      .filter(Boolean)
      .join(" · ");
}

/** How far the import of earlier chats has come, and what it brought. */
export function History({ history }: { history: HistoryProgress }) {
  const { t } = useTranslation();
  const counts = useHistoryText()(history);
  if (history.state === "waiting") return <>{t("history.waiting")}</>;
  return (
    <span className="grid gap-1.5" data-testid="history" data-state={history.state}>
      <span>
        {history.state === "done" ? t("history.done") : t("history.importing", { percent: history.percent ?? 0 })}{" "}
        {counts}
      </span>
      {history.state === "importing" && <HistoryBar history={history} />}
    </span>
  );
}

export function HistoryBar({ history }: { history: HistoryProgress }) {
  const { t } = useTranslation();
  return (
    <span
      role="progressbar"
      aria-label={t("history.label")}
      aria-valuenow={history.percent ?? undefined}
      className="block h-1 overflow-hidden rounded-full bg-surface-2"
    >
      <span className="block h-full bg-accent" style={{ width: `${history.percent ?? 0}%` }} />
    </span>
  );
}
