import { Ban, CircleAlert, FileQuestion, ImageIcon, MapPin, Paperclip, Smartphone } from "lucide-react";
import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Message, MessageKind } from "../../api/model";
import { cx } from "../../components/cx";
import en from "../../i18n/en.json";
import { clockTime, fullTime } from "../../i18n/format";
import { safeName } from "../../text/untrusted";
import { MessageText } from "./message-text";
import { Ticks } from "./ticks";

interface BubbleProps {
  message: Message;
  /** Who wrote it, where that is worth saying. */
  author: string | null;
  onRetry?: ((message: Message) => void) | undefined;
  onEdit?: ((message: Message) => void) | undefined;
}

export const Bubble = memo(function Bubble({ message, author, onRetry, onEdit }: BubbleProps) {
  const { t } = useTranslation();
  const out = message.direction === "outbound";
  const phone = message.origin === "phone";
  return (
    <div className={cx("flex flex-col", out ? "items-end" : "items-start")}>
      <div
        data-testid="bubble"
        data-id={message.id}
        data-status={message.status}
        data-direction={message.direction}
        className={cx(
          "max-w-[min(560px,72%)] rounded-m border px-[11px] pt-[7px] pb-1.5 max-md:max-w-[86%]",
          out ? "border-transparent bg-out" : "border-line bg-in",
        )}
      >
        {author && <bdi className="block font-semibold text-12 text-accent">{safeName(author, 60)}</bdi>}
        <Body message={message} />
        <span className="float-end ms-2.5 mt-1 inline-flex items-center gap-1 text-11 text-text-2">
          {phone && (
            <span className="inline-flex items-center gap-0.5">
              <Smartphone aria-hidden className="size-3" />
              {t("chat.fromPhone")}
            </span>
          )}
          <time dateTime={new Date(message.at).toISOString()} title={fullTime(message.at)}>
            {clockTime(message.at)}
          </time>
          {out && <Ticks status={message.status} />}
        </span>
      </div>
      {message.status === "failed" && <NotSent message={message} onRetry={onRetry} onEdit={onEdit} />}
    </div>
  );
});

const KIND_ICONS: Partial<Record<MessageKind, ReactNode>> = {
  image: <ImageIcon />,
  sticker: <ImageIcon />,
  video: <Paperclip />,
  audio: <Paperclip />,
  voice: <Paperclip />,
  document: <Paperclip />,
  location: <MapPin />,
  revoked: <Ban />,
};
const EXPLAINS_ITSELF: ReadonlySet<MessageKind> = new Set(["revoked", "undecryptable", "view_once", "unknown"]);

function Body({ message }: { message: Message }) {
  const { t } = useTranslation();
  if (message.kind === "text") {
    if (message.text) return <MessageText text={message.text} />;
    return <span className="text-text-2 italic">{t("inbox.hidden")}</span>;
  }
  return (
    <>
      <span className="flex items-center gap-1.5 text-text-2 italic [&_svg]:size-4 [&_svg]:shrink-0">
        <span aria-hidden>{KIND_ICONS[message.kind] ?? <FileQuestion />}</span>
        {t(`chat.kind.${message.kind}`)}
        {!EXPLAINS_ITSELF.has(message.kind) && <span className="text-12">({t("chat.kindHint")})</span>}
      </span>
      {message.text && <MessageText text={message.text} />}
    </>
  );
}

type KnownFailure = keyof typeof en.failure;

function NotSent({ message, onRetry, onEdit }: Pick<BubbleProps, "message" | "onRetry" | "onEdit">) {
  const { t } = useTranslation();
  const failure = message.failure;
  const code = failure?.code ?? "other";
  const known = Object.hasOwn(en.failure, code) && code !== "other";
  const reason = known ? t(`failure.${code as KnownFailure}`) : (failure?.detail ?? t("failure.other"));
  return (
    <div
      role="alert"
      className="mt-1 flex max-w-[min(560px,86%)] flex-wrap items-center justify-end gap-x-2 text-12 text-bad"
    >
      <span className="flex min-w-0 items-start gap-1.5">
        <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
        <span className="min-w-0">{t("chat.notSent", { reason })}</span>
      </span>
      {onRetry && (failure?.retryable ?? true) && (
        <button type="button" className="tap rounded-s px-1 font-semibold underline" onClick={() => onRetry(message)}>
          {t("chat.retry")}
        </button>
      )}
      {onEdit && (
        <button type="button" className="tap rounded-s px-1 font-semibold underline" onClick={() => onEdit(message)}>
          {t("chat.editAgain")}
        </button>
      )}
    </div>
  );
}
