import { CircleAlert, Hourglass } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Hold, Message } from "../../../api/model";
import { useNow } from "../../../components/clock";
import { holdReason } from "../../../components/hold-text";
import en from "../../../i18n/en.json";
import { clockTime, countdown, daysAgo, fullTime, secondsUntil } from "../../../i18n/format";
import { useChat } from "../chat-context";

/** Why a message waits here, and until when. */
export function Holding({ hold }: { hold: Hold }) {
  const { t } = useTranslation();
  const now = useNow();
  const reason = holdReason(hold);
  const left = hold.until == null ? 0 : secondsUntil(hold.until, now);
  const time = hold.until == null ? "" : daysAgo(hold.until, now) === 0 ? clockTime(hold.until) : fullTime(hold.until);
  return (
    <p
      role="status"
      data-testid="hold"
      data-code={hold.code}
      className="mt-1 flex max-w-[min(560px,86cqi)] items-start gap-1.5 text-12 text-warn"
    >
      <Hourglass aria-hidden className="mt-px size-3.5 shrink-0" />
      <span className="min-w-0">
        {hold.until == null
          ? t("hold.waits", { reason })
          : left > 0
            ? t("hold.until", { time, left: countdown(left), reason })
            : t("hold.now", { reason })}
      </span>
    </p>
  );
}

type KnownFailure = keyof typeof en.failure;

export function NotSent({ message }: { message: Message }) {
  const { t } = useTranslation();
  const chat = useChat();
  const failure = message.failure;
  const code = failure?.code ?? "other";
  const known = Object.hasOwn(en.failure, code) && code !== "other";
  const reason = known ? t(`failure.${code as KnownFailure}`) : (failure?.detail ?? t("failure.other"));
  return (
    <div
      role="alert"
      className="mt-1 flex max-w-[min(560px,86cqi)] flex-wrap items-center justify-end gap-x-2 text-12 text-bad"
    >
      <span className="flex min-w-0 items-start gap-1.5">
        <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
        <span className="min-w-0">{t("chat.notSent", { reason })}</span>
      </span>
      {(failure?.retryable ?? true) && (
        <button
          type="button"
          className="tap rounded-s px-1 font-semibold underline"
          onClick={() => chat.retry(message)}
        >
          {t("chat.retry")}
        </button>
      )}
      {message.wa_id === "" && message.kind === "text" && (
        <button
          type="button"
          className="tap rounded-s px-1 font-semibold underline"
          onClick={() => chat.editAgain(message)}
        >
          {t("chat.editAgain")}
        </button>
      )}
    </div>
  );
}
