import { SendHorizontal } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { realtime } from "../../api/live";
import type { Id } from "../../api/model";
import { Button } from "../../components/button";
import { cx } from "../../components/cx";
import { wholeNumber } from "../../i18n/format";
import { drafts } from "./drafts";

const TEXT_MAX = 65_536;
const SAY_LEFT_BELOW = 1_000;
const TYPING_EVERY_MS = 4_000;
const TYPING_ENDS_MS = 6_000;

/** WhatsApp counts characters, not UTF-16 units. Counting only matters near the limit. */
function length(text: string): number {
  return text.length < TEXT_MAX - SAY_LEFT_BELOW * 2 ? text.length : Array.from(text).length;
}

interface ComposerProps {
  conversation: Id;
  name: string;
  field: RefObject<HTMLTextAreaElement | null>;
  onSend: (text: string) => void;
}

export function Composer({ conversation, name, field, onSend }: ComposerProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => drafts.read(conversation));
  useGrowing(field, text);
  const sayTyping = useSayTyping(conversation);

  const left = TEXT_MAX - length(text);
  const blank = text.trim() === "";
  const change = (next: string) => {
    setText(next);
    drafts.write(conversation, next);
    sayTyping(next.trim() !== "");
  };
  const send = () => {
    if (blank || left < 0) return;
    onSend(text);
    change("");
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") event.currentTarget.blur();
  };

  return (
    <>
      <div className="flex items-end gap-2 rounded-m border border-line bg-surface py-1.5 ps-3 pe-1.5 transition-shadow duration-(--motion) focus-within:shadow-focus">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={t("composer.placeholder")}
          aria-label={t("composer.label", { name })}
          aria-invalid={left < 0 || undefined}
          title={t("composer.keys")}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          className="scroll-quiet max-h-[200px] min-h-[32px] flex-1 resize-none bg-transparent py-1.5 text-14 leading-[1.45] max-md:py-3 focus-visible:shadow-none"
        />
        <Button look="primary" disabled={blank || left < 0} onClick={send} className="h-8">
          {t("composer.send")}
          <SendHorizontal aria-hidden className="size-4 rtl:-scale-x-100" />
        </Button>
      </div>
      {left < SAY_LEFT_BELOW && (
        <p role="status" className={cx("mt-1 text-end text-12", left < 0 ? "text-bad" : "text-text-2")}>
          {left < 0
            ? t("composer.tooLong", { count: -left, formatted: wholeNumber(-left) })
            : t("composer.left", { count: left })}
        </p>
      )}
    </>
  );
}

/** The field is as high as its text, up to its own limit, also when another width breaks the lines elsewhere. */
function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => growTo(field.current), [text, field]);
  useEffect(() => {
    const area = field.current;
    if (!area) return;
    let width = area.clientWidth;
    const observer = new ResizeObserver(() => {
      if (area.clientWidth === width) return;
      width = area.clientWidth;
      growTo(area);
    });
    observer.observe(area);
    return () => observer.disconnect();
  }, [field]);
}

function growTo(area: HTMLTextAreaElement | null): void {
  if (!area) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

/** Lets the customer's phone and colleagues know that someone writes; ends by itself. */
function useSayTyping(conversation: Id): (on: boolean) => void {
  const state = useRef<{ saidAt: number; timer: ReturnType<typeof setTimeout> | undefined }>({
    saidAt: 0,
    timer: undefined,
  });
  const stop = () => {
    clearTimeout(state.current.timer);
    if (state.current.saidAt > 0) realtime.typing(conversation, false);
    state.current.saidAt = 0;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: leaving the chat ends it
  useEffect(() => stop, [conversation]);
  return (on) => {
    if (!on) {
      stop();
      return;
    }
    clearTimeout(state.current.timer);
    state.current.timer = setTimeout(stop, TYPING_ENDS_MS);
    if (Date.now() - state.current.saidAt < TYPING_EVERY_MS) return;
    state.current.saidAt = Date.now();
    realtime.typing(conversation, true);
  };
}
