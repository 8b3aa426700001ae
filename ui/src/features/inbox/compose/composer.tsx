import { Check, SendHorizontal } from "lucide-react";
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { realtime } from "../../../api/live";
import type { Id, Message } from "../../../api/model";
import { Button } from "../../../components/button";
import { cx } from "../../../components/cx";
import { wholeNumber } from "../../../i18n/format";
import type { Written } from "../use-thread";
import { AboutBar } from "./about-bar";
import { Attach } from "./attach";
import { drafts } from "./drafts";
import { useVoice, VoiceBar, VoiceButton } from "./voice";

const TEXT_MAX = 65_536;
const SAY_LEFT_BELOW = 1_000;
const TYPING_EVERY_MS = 4_000;
const TYPING_ENDS_MS = 6_000;

/** WhatsApp counts characters, not UTF-16 units. Counting only matters near the limit. */
function length(text: string): number {
  return text.length < TEXT_MAX - SAY_LEFT_BELOW * 2 ? text.length : Array.from(text).length;
}

export interface About {
  kind: "reply" | "edit";
  message: Message;
}

interface ComposerProps {
  conversation: Id;
  name: string;
  /** Whose words are answered. */
  writer: string;
  field: RefObject<HTMLTextAreaElement | null>;
  about: About | null;
  onAbout: (about: About | null) => void;
  onSend: (written: Pick<Written, "text" | "place" | "cards">) => void;
  onEdit: (message: Message, text: string) => void;
  onFiles: (files: File[]) => void;
  /** Null where nothing makes voice messages out of recordings. */
  onVoice: ((sound: Blob) => void) | null;
  /** Up in an empty field: the newest message of one's own that can still be changed. */
  lastOwn: () => Message | null;
}

export function Composer(props: ComposerProps) {
  const { conversation, name, writer, field, about, onAbout, onSend, onEdit, onFiles, onVoice, lastOwn } = props;
  const { t } = useTranslation();
  const editing = about?.kind === "edit" ? about.message : null;
  const [text, setText] = useState(() => editing?.text ?? drafts.read(conversation));
  const voice = useVoice((sound) => onVoice?.(sound));
  useGrowing(field, text);
  const sayTyping = useSayTyping(conversation);

  const left = TEXT_MAX - length(text);
  const blank = text.trim() === "";
  const change = (next: string) => {
    setText(next);
    // What is put right is no draft: the half-written message comes back after it.
    if (!editing) drafts.write(conversation, next);
    sayTyping(next.trim() !== "");
  };
  const leaveEditing = () => {
    onAbout(null);
    setText(drafts.read(conversation));
    sayTyping(false);
  };
  const send = () => {
    if (blank || left < 0) return;
    if (editing) {
      if (text !== editing.text) onEdit(editing, text);
      leaveEditing();
    } else {
      onSend({ text });
      change("");
    }
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && !about) {
      const message = lastOwn();
      if (!message) return;
      event.preventDefault();
      onAbout({ kind: "edit", message });
    } else if (event.key === "Escape") {
      if (editing) leaveEditing();
      else if (about) onAbout(null);
      else event.currentTarget.blur();
    }
  };
  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const files = [...event.clipboardData.files];
    // Office programs put a picture of the words beside the words: then the words are meant.
    if (files.length === 0 || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    onFiles(files);
  };

  // The field belongs to whatever was asked for last: the text to put right, or the draft.
  const shown = useRef(editing?.id);
  useEffect(() => {
    if (shown.current === editing?.id) return;
    shown.current = editing?.id;
    setText(editing ? (editing.text ?? "") : drafts.read(conversation));
  }, [editing, conversation]);

  if (voice.state !== "idle") return <VoiceBar voice={voice} />;
  return (
    <>
      {about && <AboutBar about={about} who={writer} onStop={() => (editing ? leaveEditing() : onAbout(null))} />}
      <div className="flex items-end gap-1 rounded-m border border-line bg-surface px-1.5 py-1.5 transition-shadow duration-(--motion) focus-within:shadow-focus">
        {!editing && (
          <Attach
            onFiles={onFiles}
            onPlace={(place) => onSend({ text: "", place })}
            onCards={(cards) => onSend({ text: "", cards })}
          />
        )}
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
          onPaste={onPaste}
          className="scroll-quiet max-h-[200px] min-h-[32px] min-w-0 flex-1 resize-none bg-transparent px-1.5 py-1.5 text-14 leading-[1.45] max-md:py-3 focus-visible:shadow-none"
        />
        {blank && !editing && onVoice && <VoiceButton voice={voice} />}
        <Button look="primary" disabled={blank || left < 0} onClick={send} className="h-8">
          {editing ? t("common.save") : t("composer.send")}
          {editing ? (
            <Check aria-hidden className="size-4" />
          ) : (
            <SendHorizontal aria-hidden className="size-4 rtl:-scale-x-100" />
          )}
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
