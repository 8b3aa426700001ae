import { ImageOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Attachment, Message } from "../../../api/model";
import { cx } from "../../../components/cx";
import { useChat } from "../chat-context";
import { thumbnailUrl } from "./file-kinds";
import { FileNote } from "./file-note";
import { useFile } from "./use-file";

const WIDEST = 320;
const HIGHEST = 360;

/** The size on screen: as it is, shrunk into the bubble, never smaller than a thumb. */
export function fitted(width: number | null | undefined, height: number | null | undefined) {
  const w = width || 4;
  const h = height || 3;
  const scale = Math.min(WIDEST / w, HIGHEST / h, width ? Math.max(1, 120 / Math.max(w, h)) : WIDEST / w);
  return { width: Math.max(96, Math.round(w * scale)), height: Math.max(72, Math.round(h * scale)) };
}

/** Whether something has come near the screen; once near it stays wanted. */
export function useNear<T extends Element>() {
  const ref = useRef<T>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const item = ref.current;
    if (!item || near) return;
    const watch = new IntersectionObserver(
      (seen) => {
        if (seen.some((one) => one.isIntersecting)) setNear(true);
      },
      { rootMargin: "300px" },
    );
    watch.observe(item);
    return () => watch.disconnect();
  }, [near]);
  return { ref, near };
}

/** A picture: its thumbnail at once, itself as soon as it is here. */
export function Picture({ message, file }: { message: Message; file: Attachment }) {
  const { t } = useTranslation();
  const chat = useChat();
  const { ref, near } = useNear<HTMLDivElement>();
  const { where, url, want } = useFile(message, file, { eager: near });
  const [broken, setBroken] = useState(false);
  const thumbnail = thumbnailUrl(file);
  const size = fitted(file.width, file.height);
  const look = url ?? thumbnail;
  return (
    <div
      ref={ref}
      data-testid="picture"
      data-where={broken ? "broken" : where}
      className="relative max-w-full overflow-hidden rounded-s bg-surface-2"
      style={{ width: size.width, aspectRatio: `${size.width} / ${size.height}` }}
    >
      {look && !broken && (
        <img
          src={look}
          alt={message.text ? "" : t("chat.kind.image")}
          draggable={false}
          onError={() => setBroken(true)}
          className={cx("absolute inset-0 size-full object-cover", !url && "scale-105 blur-[3px]")}
        />
      )}
      {(!look || broken) && (
        <ImageOff aria-hidden className="absolute inset-0 m-auto size-7 text-text-3" strokeWidth={1.5} />
      )}
      {url && !broken && (
        <button
          type="button"
          aria-label={t("file.openPicture")}
          onClick={() => chat.openPicture(message.id)}
          className="focus-inset absolute inset-0 cursor-zoom-in rounded-s"
        />
      )}
      <span className="absolute inset-x-0 bottom-2 flex justify-center">
        <FileNote file={file} where={where} onWant={want} over />
      </span>
    </div>
  );
}

/** A sticker stands without a bubble around it. */
export function Sticker({ message, file }: { message: Message; file: Attachment }) {
  const { t } = useTranslation();
  const { ref, near } = useNear<HTMLDivElement>();
  const { where, url, want } = useFile(message, file, { eager: near });
  const look = url ?? thumbnailUrl(file);
  return (
    <div ref={ref} data-testid="sticker" data-where={where} className="relative grid size-36 place-items-center">
      {look ? (
        <img
          src={look}
          alt={t("chat.kind.sticker")}
          draggable={false}
          className="max-h-full max-w-full object-contain"
        />
      ) : (
        <span aria-hidden className="size-24 rounded-l bg-surface-2" />
      )}
      {where !== "here" && (
        <span className="absolute inset-x-0 bottom-1 flex justify-center">
          <FileNote file={file} where={where} onWant={want} over />
        </span>
      )}
    </div>
  );
}
