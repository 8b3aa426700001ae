import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from "lucide-react";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Attachment, Id, Message } from "../../../api/model";
import { cx } from "../../../components/cx";
import { fullTime } from "../../../i18n/format";
import { attachmentOf, isPicture, thumbnailUrl } from "./file-kinds";
import { FileNote } from "./file-note";
import { MessageText } from "./message-text";
import { useFile } from "./use-file";

interface LightboxProps {
  messages: readonly Message[];
  open: Id;
  onOpen: (id: Id) => void;
  onClose: () => void;
}

/** The chat's pictures one by one over everything: arrows walk, Enter enlarges, Escape leaves. */
export function Lightbox({ messages, open, onOpen, onClose }: LightboxProps) {
  const { t } = useTranslation();
  const pictures = messages.filter((message) => {
    const file = attachmentOf(message);
    return message.kind === "image" && file && isPicture(file.mime);
  });
  const at = pictures.findIndex((message) => message.id === open);
  const shown = pictures[at];
  const file = shown ? attachmentOf(shown) : null;
  if (!shown || !file) return null;
  const go = (by: number) => {
    const next = pictures[at + by];
    if (next) onOpen(next.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowRight") go(document.dir === "rtl" ? -1 : 1);
    else if (event.key === "ArrowLeft") go(document.dir === "rtl" ? 1 : -1);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog.Root open onOpenChange={(still) => !still && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-[rgb(8_14_12/0.92)]" />
        <Dialog.Content
          aria-describedby={undefined}
          onKeyDown={onKeyDown}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            document.querySelector<HTMLElement>(`[data-id="${CSS.escape(shown.id)}"]`)?.focus();
          }}
          data-testid="lightbox"
          className="fixed inset-0 z-50 flex flex-col text-white outline-none focus-visible:shadow-none"
        >
          <Dialog.Title className="sr-only">{t("lightbox.title", { at: at + 1, of: pictures.length })}</Dialog.Title>
          <Shown
            key={shown.id}
            message={shown}
            file={file}
            count={`${at + 1} / ${pictures.length}`}
            onPrevious={at > 0 ? () => go(-1) : null}
            onNext={at < pictures.length - 1 ? () => go(1) : null}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const tool =
  "tap grid size-10 place-items-center rounded-full text-white hover:bg-[rgb(255_255_255/0.14)] disabled:opacity-30 [&_svg]:size-5";

interface ShownProps {
  message: Message;
  file: Attachment;
  count: string;
  onPrevious: (() => void) | null;
  onNext: (() => void) | null;
}

function Shown({ message, file, count, onPrevious, onNext }: ShownProps) {
  const { t } = useTranslation();
  const [large, setLarge] = useState(false);
  const { where, url, want, save } = useFile(message, file, { eager: true });
  const look = url ?? thumbnailUrl(file);
  return (
    <>
      <header className="flex items-center gap-1 p-2">
        <p className="flex-1 px-2 text-13">
          {fullTime(message.at)} <span className="ms-2 opacity-80">{count}</span>
        </p>
        <button
          type="button"
          className={tool}
          aria-pressed={large}
          aria-label={large ? t("lightbox.fit") : t("lightbox.enlarge")}
          onClick={() => setLarge(!large)}
        >
          {large ? <ZoomOut aria-hidden /> : <ZoomIn aria-hidden />}
        </button>
        <button type="button" className={tool} aria-label={t("file.save")} onClick={save}>
          <Download aria-hidden />
        </button>
        <Dialog.Close className={tool} aria-label={t("common.close")}>
          <X aria-hidden />
        </Dialog.Close>
      </header>
      <div className="relative flex min-h-0 flex-1 items-center">
        <button
          type="button"
          aria-label={t("lightbox.previous")}
          disabled={!onPrevious}
          onClick={onPrevious ?? undefined}
          className={cx(tool, "absolute start-2 z-1 bg-[rgb(8_14_12/0.5)]")}
        >
          <ChevronLeft aria-hidden className="rtl:-scale-x-100" />
        </button>
        <div
          className={cx(
            "size-full",
            large ? "overflow-auto" : "grid place-items-center overflow-hidden px-14 max-md:px-2",
          )}
        >
          {look && (
            <img
              src={look}
              alt={message.text ?? t("chat.kind.image")}
              draggable={false}
              className={large ? "max-w-none" : "max-h-full min-h-0 max-w-full object-contain"}
            />
          )}
        </div>
        <button
          type="button"
          aria-label={t("lightbox.next")}
          disabled={!onNext}
          onClick={onNext ?? undefined}
          className={cx(tool, "absolute end-2 z-1 bg-[rgb(8_14_12/0.5)]")}
        >
          <ChevronRight aria-hidden className="rtl:-scale-x-100" />
        </button>
      </div>
      <footer className="grid min-h-12 justify-items-center gap-1 p-3 text-center text-14">
        <FileNote file={file} where={where} onWant={want} over />
        {message.text && (
          <div className="max-h-24 max-w-[720px] overflow-y-auto [&_a]:text-white">
            <MessageText text={message.text} />
          </div>
        )}
      </footer>
    </>
  );
}
