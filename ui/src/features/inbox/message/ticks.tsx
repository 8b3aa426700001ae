import { CircleAlert, CircleSlash2, Clock3, Hourglass } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { MessageStatus } from "../../../api/model";
import { cx } from "../../../components/cx";

interface TicksProps {
  status: MessageStatus;
  /** A rule keeps it back. */
  held?: boolean;
  /** It was kept from leaving, and meant to be. */
  cancelled?: boolean;
  className?: string;
}

/** How far a message has come, as people know it: clock, one tick, two ticks, two blue ticks. */
export function Ticks({ status, held = false, cancelled = false, className }: TicksProps) {
  const { t } = useTranslation();
  if (held && status === "queued") {
    return (
      <Hourglass role="img" aria-label={t("chat.status.held")} className={cx("size-3 shrink-0 text-warn", className)} />
    );
  }
  if (cancelled && status === "failed") {
    return (
      <CircleSlash2 role="img" aria-label={t("chat.status.cancelled")} className={cx("size-3 shrink-0", className)} />
    );
  }
  const label = t(`chat.status.${status}`);
  if (status === "queued") return <Clock3 role="img" aria-label={label} className={cx("size-3 shrink-0", className)} />;
  if (status === "failed") {
    return <CircleAlert role="img" aria-label={label} className={cx("size-3.5 shrink-0 text-bad", className)} />;
  }
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 18 12"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      className={cx(
        "h-[11px] w-[15px] shrink-0",
        (status === "read" || status === "played") && "text-tick-read",
        className,
      )}
    >
      <path d={status === "sent" ? "m4 6 4 4 7-9" : "m1 6 4 4 7-9M8 10l7-9"} />
    </svg>
  );
}
