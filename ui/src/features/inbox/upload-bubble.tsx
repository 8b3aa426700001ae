import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, File as FileIcon, Mic, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "../../api/problem";
import { IconButton } from "../../components/button";
import { useObjectUrl } from "../../components/object-url";
import { problemText } from "../../components/problem-text";
import { fileSize } from "../../i18n/size";
import { nameParts } from "../../text/file-name";
import { isPicture } from "./message/file-kinds";
import { MessageText } from "./message/message-text";
import { type Upload, uploads } from "./uploads";

/** A file on its way to the host: how far it has come, and a way to stop it. */
export function UploadBubble({ upload }: { upload: Upload }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const picture = isPicture(upload.file.type);
  const url = useObjectUrl(picture ? upload.file : null);
  const { stem, ending } = nameParts(upload.name);
  const { problem } = upload;
  return (
    <div className="flex flex-col items-end" data-testid="upload">
      <div className="grid w-[300px] max-w-[86cqi] gap-2 rounded-m bg-out p-2">
        <div className="flex items-center gap-2.5">
          {url ? (
            <img src={url} alt="" className="size-11 shrink-0 rounded-s object-cover" />
          ) : (
            <span aria-hidden className="grid size-11 shrink-0 place-items-center rounded-s bg-surface text-accent">
              {upload.voice ? <Mic className="size-5" /> : <FileIcon className="size-5" />}
            </span>
          )}
          <div className="min-w-0 flex-1">
            <p dir="ltr" className="flex min-w-0 font-medium text-13">
              <bdi className="truncate">{upload.voice ? t("chat.kind.voice") : stem}</bdi>
              {!upload.voice && <bdi className="shrink-0">{ending}</bdi>}
            </p>
            <p className="text-12 text-text-2">
              {fileSize(upload.file.size)}
              {!problem && ` · ${t("upload.share", { share: Math.round(upload.share * 100) })}`}
            </p>
          </div>
          <IconButton label={t("upload.cancel")} icon={<X />} onClick={() => uploads.cancel(upload.id)} />
        </div>
        {!problem && (
          <div
            role="progressbar"
            aria-label={t("upload.progress", { name: upload.voice ? t("chat.kind.voice") : `${stem}${ending}` })}
            aria-valuenow={Math.round(upload.share * 100)}
            className="h-1 overflow-hidden rounded-full bg-surface"
          >
            <div className="h-full bg-accent" style={{ width: `${upload.share * 100}%` }} />
          </div>
        )}
        {upload.caption && <MessageText text={upload.caption} />}
      </div>
      {problem && (
        <p role="alert" className="mt-1 flex max-w-[86cqi] flex-wrap items-center gap-x-2 text-12 text-bad">
          <span className="flex min-w-0 items-start gap-1.5">
            <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
            {t("chat.notSent", {
              reason: problemText(new ProblemError({ type: "about:blank", title: problem, status: 0, code: problem })),
            })}
          </span>
          {problem !== "media_too_large" && (
            <button
              type="button"
              className="tap rounded-s px-1 font-semibold underline"
              onClick={() => uploads.retry(client, upload.id)}
            >
              {t("chat.retry")}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
