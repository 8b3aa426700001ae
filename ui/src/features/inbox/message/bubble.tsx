import type { TFunction } from "i18next";
import { CornerUpRight, EllipsisVertical, Reply, Smartphone, SmilePlus } from "lucide-react";
import { memo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Message, Quote } from "../../../api/model";
import { cx } from "../../../components/cx";
import { clockTime, fullTime } from "../../../i18n/format";
import { safeName } from "../../../text/untrusted";
import { type ChatActions, useChat } from "../chat-context";
import { toneColour } from "../group/sender";
import { SenderFace } from "../group/sender-face";
import { Body } from "./body";
import { Quoted } from "./quoted";
import { Reactions } from "./reactions";
import { isKnown } from "./rights";
import { Ticks } from "./ticks";
import { NotSent, Waiting } from "./waiting";

interface BubbleProps {
  message: Message;
  /** Who wrote it, where that is worth saying. */
  author: string | null;
  /** The first of several by the same person. */
  first: boolean;
}

const LONG_PRESS_MS = 450;

export const Bubble = memo(function Bubble({ message, author, first }: BubbleProps) {
  const { t } = useTranslation();
  const chat = useChat();
  const frame = useRef<HTMLDivElement>(null);
  const press = useLongPress(() => frame.current && chat.openMenu(message, frame.current));
  const out = message.direction === "outbound";
  const details = message.details;
  const quote = details?.reply_to;
  const sender = chat.group && !out ? details?.sender : undefined;
  const failed = message.status === "failed";
  const cancelled = failed && message.failure?.code === "cancelled";
  const held = message.status === "queued" && details?.hold != null;
  const bare = message.kind === "sticker" && details?.content?.type === "file";
  return (
    // A press with the keyboard is handled by the list of messages, which moves the focus from one to the next.
    <div
      ref={frame}
      tabIndex={-1}
      data-testid="bubble"
      data-id={message.id}
      data-kind={message.kind}
      data-status={message.status}
      data-direction={message.direction}
      data-first={first}
      className={cx(
        "group relative flex flex-col rounded-m outline-none focus-visible:shadow-none",
        out ? "items-end" : "items-start",
        first && "mt-1.5",
        sender && "md:ps-9",
      )}
      {...press}
    >
      {sender && first && (
        <span className="absolute start-0 top-0 max-md:hidden">
          <SenderFace id={sender.id} name={author ?? ""} small />
        </span>
      )}
      <div className={cx("flex max-w-full items-center gap-1", out && "flex-row-reverse")}>
        <div
          className={cx(
            "min-w-0 max-w-[min(560px,72cqi)] rounded-m border group-focus-visible:shadow-focus max-md:max-w-[86cqi]",
            bare ? "border-transparent" : "px-[11px] pt-[7px] pb-1.5",
            !bare && (cancelled ? "bg-surface-2 text-text-2" : out ? "bg-out" : "border-line bg-in"),
            !bare &&
              out &&
              (held ? "border-warn border-dashed" : cancelled ? "border-line border-dashed" : "border-transparent"),
          )}
        >
          {author && first && (
            <bdi
              data-testid="author"
              className={cx("block truncate font-semibold text-12", !sender && "text-accent")}
              style={sender ? { color: toneColour(sender.id) } : undefined}
            >
              {author}
            </bdi>
          )}
          {details?.forwarded && (
            <span className="flex items-center gap-1 text-12 text-text-2 italic">
              <CornerUpRight aria-hidden className="size-3.5 rtl:-scale-x-100" />
              {t("chat.forwarded")}
            </span>
          )}
          {quote && (
            <Quoted
              quote={quote}
              who={whose(quote, chat, t)}
              onJump={quote.message_id ? () => chat.jumpTo(quote.message_id ?? "") : null}
              className="mb-1"
            />
          )}
          <Body message={message} />
          <Meta message={message} bare={bare} />
        </div>
        <Tools message={message} />
      </div>
      <Reactions message={message} />
      {out && message.status === "queued" && message.wa_id !== "" && <Waiting message={message} />}
      {failed && <NotSent message={message} />}
    </div>
  );
});

/** Whose words are quoted. A quote of a group's member is signed by the message itself, where that is here. */
function whose(quote: Quote, chat: ChatActions, t: TFunction): string {
  if (quote.direction === "outbound") return t("common.you");
  if (!chat.group) return safeName(chat.name, 60);
  return (quote.message_id ? chat.writerOf(quote.message_id) : null) ?? t("group.someone");
}

function Meta({ message, bare }: { message: Message; bare: boolean }) {
  const { t } = useTranslation();
  return (
    <span
      className={cx(
        "ms-2.5 inline-flex items-center gap-1 text-11 text-text-2",
        bare ? "rounded-full bg-surface px-1.5 py-px" : "float-end mt-1",
      )}
    >
      {message.details?.edited_at != null && message.kind !== "revoked" && (
        <span title={fullTime(message.details.edited_at)}>{t("chat.edited")}</span>
      )}
      {message.origin === "phone" && (
        <span className="inline-flex items-center gap-0.5">
          <Smartphone aria-hidden className="size-3" />
          {t("chat.fromPhone")}
        </span>
      )}
      <time dateTime={new Date(message.at).toISOString()} title={fullTime(message.at)}>
        {clockTime(message.at)}
      </time>
      {message.direction === "outbound" && message.kind !== "revoked" && (
        <Ticks
          status={message.status}
          held={message.details?.hold != null}
          cancelled={message.failure?.code === "cancelled"}
        />
      )}
    </span>
  );
}

/** What one does with a message, beside it while it is pointed at. The keyboard gets there through the menu. */
function Tools({ message }: { message: Message }) {
  const { t } = useTranslation();
  const chat = useChat();
  if (!isKnown(message) && message.wa_id === "") return null;
  const button =
    "grid size-7 place-items-center rounded-full text-text-2 hover:bg-hover hover:text-text aria-expanded:bg-hover [&_svg]:size-4";
  const known = isKnown(message);
  return (
    <div className="flex shrink-0 opacity-0 transition-opacity duration-(--motion) focus-within:opacity-100 group-hover:opacity-100 group-focus-visible:opacity-100 max-md:hidden">
      {known && chat.may.react(message) && (
        <button
          type="button"
          tabIndex={-1}
          aria-label={t("message.react")}
          title={t("message.react")}
          className={button}
          onClick={(event) => chat.openPicker(message, event.currentTarget)}
        >
          <SmilePlus aria-hidden />
        </button>
      )}
      {known && chat.may.reply && (
        <button
          type="button"
          tabIndex={-1}
          aria-label={t("message.reply")}
          title={t("message.reply")}
          className={button}
          onClick={() => chat.reply(message)}
        >
          <Reply aria-hidden className="rtl:-scale-x-100" />
        </button>
      )}
      <button
        type="button"
        tabIndex={-1}
        aria-label={t("message.more")}
        title={t("message.more")}
        aria-haspopup="menu"
        className={button}
        onClick={(event) => chat.openMenu(message, event.currentTarget)}
      >
        <EllipsisVertical aria-hidden />
      </button>
    </div>
  );
}

/** A finger that rests on a message opens its menu; one that moves on is scrolling. */
function useLongPress(run: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const stop = () => clearTimeout(timer.current);
  return {
    onTouchStart: () => {
      stop();
      timer.current = setTimeout(run, LONG_PRESS_MS);
    },
    onTouchEnd: stop,
    onTouchMove: stop,
    onTouchCancel: stop,
  };
}
