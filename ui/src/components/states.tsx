import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "../api/problem";
import { Button } from "./button";
import { cx } from "./cx";
import { problemText } from "./problem-text";

/** Nothing here (yet): says so, and what comes next. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="grid h-full place-content-center justify-items-center gap-2 p-6 text-center">
      <div
        aria-hidden
        className="mb-1 grid size-12 place-items-center rounded-full bg-surface-2 text-text-3 [&_svg]:size-6"
      >
        {icon}
      </div>
      <p className="font-semibold">{title}</p>
      {children && <p className="max-w-[300px] text-13 text-text-2">{children}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

/** A part of the screen that could not be loaded. */
export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <div role="alert" className="grid h-full place-content-center justify-items-center gap-2 p-6 text-center">
      <div aria-hidden className="mb-1 grid size-12 place-items-center rounded-full bg-bad-soft text-bad">
        <CircleAlert className="size-6" />
      </div>
      <p className="font-semibold">{t("states.failed")}</p>
      <p className="max-w-[320px] text-13 text-text-2">{problemText(ProblemError.from(error))}</p>
      <Button className="mt-2" onClick={onRetry}>
        {t("common.tryAgain")}
      </Button>
    </div>
  );
}

export function Bone({ className }: { className?: string }) {
  return <div aria-hidden className={cx("animate-pulse-soft rounded-s bg-surface-2", className)} />;
}

/** Rows of a list that is on its way. */
export function RowBones({ rows = 7 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("states.loading")}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <div key={row} className="flex items-center gap-3 border-line border-b px-4 py-3.5">
          <Bone className="size-9 shrink-0 rounded-full" />
          <div className="grid flex-1 gap-2">
            <Bone className="h-3.5 w-2/5" />
            <Bone className="h-3 w-4/5" />
          </div>
        </div>
      ))}
    </div>
  );
}
