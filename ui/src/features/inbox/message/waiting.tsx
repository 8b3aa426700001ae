import { CircleAlert, CircleSlash2, Clock3, Hourglass } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Hold, Message } from "../../../api/model";
import { useNow } from "../../../components/clock";
import { cx } from "../../../components/cx";
import { holdReason } from "../../../components/hold-text";
import en from "../../../i18n/en.json";
import { clockTime, countdown, daysAgo, fullTime, secondsUntil } from "../../../i18n/format";
import { useChat } from "../chat-context";

/** Most messages leave at once: only what does not is worth words. */
const SLOW_MS = 4_000;

/** Under a message that has not left: why it waits, until when, and the way to keep it from leaving. */
export function Waiting({ message }: { message: Message }) {
  const { t } = useTranslation();
  const now = useNow();
  const hold = message.details?.hold;
  if (hold) return <Holding message={message} hold={hold} now={now} />;
  if (now - message.at < SLOW_MS) return null;
  return (
    <Line icon={<Clock3 />} message={message} data="queued">
      {t("chat.slow")}
    </Line>
  );
}

function Holding({ message, hold, now }: { message: Message; hold: Hold; now: number }) {
  const { t } = useTranslation();
  const reason = holdReason(hold);
  const left = hold.until == null ? 0 : secondsUntil(hold.until, now);
  const time = hold.until == null ? "" : daysAgo(hold.until, now) === 0 ? clockTime(hold.until) : fullTime(hold.until);
  return (
    <Line icon={<Hourglass />} message={message} data="hold" code={hold.code} warn>
      {hold.until == null
        ? t("hold.waits", { reason })
        : left > 0
          ? t("hold.until", { time, left: countdown(left), reason })
          : t("hold.now", { reason })}
    </Line>
  );
}

interface LineProps {
  icon: ReactNode;
  message: Message;
  data: "hold" | "queued";
  code?: string;
  warn?: boolean;
  children: ReactNode;
}

function Line({ icon, message, data, code, warn = false, children }: LineProps) {
  const { t } = useTranslation();
  const chat = useChat();
  return (
    <div
      data-testid={data}
      data-code={code}
      className={cx(
        "mt-1 flex max-w-[min(560px,86cqi)] flex-wrap items-center justify-end gap-x-2 text-12",
        warn ? "text-warn" : "text-text-2",
      )}
    >
      <p role="status" className="flex min-w-0 items-start gap-1.5 [&_svg]:mt-px [&_svg]:size-3.5 [&_svg]:shrink-0">
        <span aria-hidden>{icon}</span>
        <span className="min-w-0">{children}</span>
      </p>
      {chat.may.cancel(message) && <Act onClick={() => chat.cancel(message)}>{t("message.cancel")}</Act>}
    </div>
  );
}

function Act({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="tap rounded-s px-1 font-semibold underline" onClick={onClick}>
      {children}
    </button>
  );
}

type KnownFailure = keyof typeof en.failure;

/** Under a message that did not leave: why, and what helps. */
export function NotSent({ message }: { message: Message }) {
  const { t } = useTranslation();
  const chat = useChat();
  const failure = message.failure;
  const code = failure?.code ?? "other";
  const cancelled = code === "cancelled";
  const known = Object.hasOwn(en.failure, code) && code !== "other";
  const reason = known ? t(`failure.${code as KnownFailure}`) : (failure?.detail ?? t("failure.other"));
  const again = message.kind === "text" && chat.may.reply && (cancelled || message.wa_id === "");
  return (
    <div
      role={cancelled ? "status" : "alert"}
      data-testid="not-sent"
      data-code={code}
      className={cx(
        "mt-1 flex max-w-[min(560px,86cqi)] flex-wrap items-center justify-end gap-x-2 text-12",
        cancelled ? "text-text-2" : "text-bad",
      )}
    >
      <span className="flex min-w-0 items-start gap-1.5 [&_svg]:mt-px [&_svg]:size-3.5 [&_svg]:shrink-0">
        <span aria-hidden>{cancelled ? <CircleSlash2 /> : <CircleAlert />}</span>
        <span className="min-w-0">{cancelled ? t("chat.cancelled") : t("chat.notSent", { reason })}</span>
      </span>
      {!cancelled && (failure?.retryable ?? true) && <Act onClick={() => chat.retry(message)}>{t("chat.retry")}</Act>}
      {again && (
        <Act onClick={() => chat.editAgain(message)}>{cancelled ? t("chat.writeAgain") : t("chat.editAgain")}</Act>
      )}
    </div>
  );
}
