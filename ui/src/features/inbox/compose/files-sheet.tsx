import { FileText, Music, Video, X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../../components/button";
import { cx } from "../../../components/cx";
import { Dialog, DialogActions } from "../../../components/dialog";
import { inputClass } from "../../../components/field";
import { useObjectUrl } from "../../../components/object-url";
import { fileSize } from "../../../i18n/size";
import { canRun, nameParts } from "../../../text/file-name";
import { isFilm, isPicture, isSound } from "../message/file-kinds";
import { FILES_AT_ONCE, fitsAsDocument, largest, tooLarge } from "./limits";

export interface Chosen {
  file: File;
  caption: string;
  /** Whatever it is, it goes as a document. */
  asDocument: boolean;
}

interface FilesSheetProps {
  files: readonly File[];
  to: string;
  onClose: () => void;
  onSend: (chosen: Chosen[]) => void;
}

/** What is about to be sent: looked at, given words, thinned out. Nothing leaves before Send. */
export function FilesSheet({ files, to, onClose, onSend }: FilesSheetProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<Chosen[]>(() =>
    files.slice(0, FILES_AT_ONCE).map((file) => ({ file, caption: "", asDocument: false })),
  );
  const left = files.length - FILES_AT_ONCE;
  const fits = chosen.filter(({ file, asDocument }) => !tooLarge(file, asDocument) && file.size > 0);
  const ready = fits.length === chosen.length && chosen.length > 0;
  const send = () => {
    if (ready) onSend(chosen);
  };
  const remove = (at: number) => {
    const next = chosen.filter((_, index) => index !== at);
    if (next.length === 0) onClose();
    else setChosen(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("files.title", { count: chosen.length })}
      description={t("files.to", { name: to })}
      className="w-[min(520px,calc(100vw-32px))]"
    >
      <ul className="scroll-quiet -mx-1 grid max-h-[52dvh] gap-3 px-1" data-testid="files">
        {chosen.map(({ file, caption, asDocument }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two chosen files may be the same one
          <li key={at} className="grid grid-cols-[64px_minmax(0,1fr)_auto] items-start gap-3">
            <Preview file={file} />
            <div className="grid min-w-0 gap-1.5">
              <Name file={file} />
              {tooLarge(file, asDocument) ? (
                <p role="alert" className="text-12 text-bad">
                  {t("files.tooLarge", { limit: fileSize(largest(file.type)) })}{" "}
                  {fitsAsDocument(file) && (
                    <button
                      type="button"
                      className="tap font-semibold underline"
                      onClick={() => setChosen(chosen.with(at, { file, caption, asDocument: true }))}
                    >
                      {t("files.asDocument")}
                    </button>
                  )}
                </p>
              ) : file.size === 0 ? (
                <p role="alert" className="text-12 text-bad">
                  {t("files.blank")}
                </p>
              ) : (
                !isSound(file.type) && (
                  <input
                    aria-label={t("files.captionOf", { name: file.name })}
                    placeholder={t("files.caption")}
                    value={caption}
                    maxLength={1024}
                    dir="auto"
                    onKeyDown={onKeyDown}
                    onChange={(event) => setChosen(chosen.with(at, { file, caption: event.target.value, asDocument }))}
                    className={cx(inputClass, "h-8")}
                  />
                )
              )}
            </div>
            <IconButton label={t("files.remove", { name: file.name })} icon={<X />} onClick={() => remove(at)} />
          </li>
        ))}
      </ul>
      {left > 0 && <p className="text-12 text-warn">{t("files.tooMany", { count: left, max: FILES_AT_ONCE })}</p>}
      <DialogActions>
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button look="primary" disabled={!ready} onClick={send}>
          {t("files.send", { count: chosen.length })}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Name({ file }: { file: File }) {
  const { t } = useTranslation();
  const { stem, ending } = nameParts(file.name);
  return (
    <p className="min-w-0 text-13">
      <span dir="ltr" className="flex min-w-0 font-medium">
        <bdi className="truncate">{stem}</bdi>
        <bdi className="shrink-0">{ending}</bdi>
      </span>
      <span className="text-12 text-text-2">{fileSize(file.size)}</span>
      {canRun(file.name) && <span className="block text-12 text-warn">{t("files.runs")}</span>}
    </p>
  );
}

function Preview({ file }: { file: File }) {
  const picture = isPicture(file.type);
  const url = useObjectUrl(picture ? file : null);
  const [broken, setBroken] = useState(false);
  if (url && !broken)
    return (
      <img src={url} alt="" onError={() => setBroken(true)} className="size-16 rounded-s bg-surface-2 object-cover" />
    );
  const Icon = isFilm(file.type) ? Video : isSound(file.type) ? Music : FileText;
  return (
    <span aria-hidden className="grid size-16 place-items-center rounded-s bg-surface-2 text-text-2">
      <Icon className="size-6" strokeWidth={1.6} />
    </span>
  );
}
