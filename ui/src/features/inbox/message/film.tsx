import { Play, Video } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Attachment, Message } from "../../../api/model";
import { fileSize, playTime } from "../../../i18n/size";
import { thumbnailUrl } from "./file-kinds";
import { FileNote } from "./file-note";
import { fitted } from "./picture";
import { useFile } from "./use-file";

/** A film: its first picture until someone wants to see it. */
export function Film({ message, file }: { message: Message; file: Attachment }) {
  const { t } = useTranslation();
  const { where, url, want, save } = useFile(message, file);
  const [unplayable, setUnplayable] = useState(false);
  const thumbnail = thumbnailUrl(file);
  const size = fitted(file.width ?? 16, file.height ?? 9);
  const waits = where === "remote" || where === "here";
  return (
    <div
      data-testid="film"
      data-where={where}
      className="relative max-w-full overflow-hidden rounded-s bg-surface-2"
      style={{ width: size.width, aspectRatio: `${size.width} / ${size.height}` }}
    >
      {url && !unplayable ? (
        // biome-ignore lint/a11y/useMediaCaption: a customer's film comes without captions
        <video
          src={url}
          controls
          autoPlay
          playsInline
          poster={thumbnail ?? undefined}
          onError={() => setUnplayable(true)}
          className="absolute inset-0 size-full bg-[#000]"
        />
      ) : (
        <>
          {thumbnail ? (
            <img src={thumbnail} alt="" draggable={false} className="absolute inset-0 size-full object-cover" />
          ) : (
            <Video aria-hidden className="absolute inset-0 m-auto size-7 text-text-3" strokeWidth={1.5} />
          )}
          {unplayable ? (
            <span className="absolute inset-0 grid place-content-center justify-items-center gap-2 bg-[rgb(8_14_12/0.66)] p-3 text-center text-12 text-white">
              {t("file.unplayable")}
              <button type="button" onClick={save} className="tap rounded-s px-2 font-semibold underline">
                {t("file.save")}
              </button>
            </span>
          ) : (
            waits && (
              <button
                type="button"
                onClick={() => want?.()}
                aria-label={t("file.playFilm", { size: fileSize(file.size) })}
                className="focus-inset absolute inset-0 grid place-items-center rounded-s"
              >
                <span className="grid size-12 place-items-center rounded-full bg-[rgb(8_14_12/0.66)] text-white">
                  <Play aria-hidden className="ms-0.5 size-5" fill="currentColor" />
                </span>
              </button>
            )
          )}
          <span className="pointer-events-none absolute start-2 bottom-2 rounded-full bg-[rgb(8_14_12/0.66)] px-2 py-0.5 text-11 text-white">
            {file.seconds ? `${playTime(file.seconds)} · ` : ""}
            {fileSize(file.size)}
          </span>
          {!waits && (
            <span className="absolute inset-0 m-auto grid place-items-center">
              <FileNote file={file} where={where} onWant={want} over />
            </span>
          )}
        </>
      )}
    </div>
  );
}
