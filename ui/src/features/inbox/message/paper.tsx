import { File, FileArchive, FileSpreadsheet, FileText, FileWarning } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Attachment, Message } from "../../../api/model";
import { cx } from "../../../components/cx";
import { fileSize } from "../../../i18n/size";
import { canRun, nameParts, trueEnding } from "../../../text/file-name";
import { nameless } from "./file-kinds";
import { FileNote } from "./file-note";
import { useFile } from "./use-file";

function icon(ending: string, runs: boolean) {
  if (runs) return <FileWarning />;
  if (["pdf", "doc", "docx", "odt", "txt", "rtf", "md"].includes(ending)) return <FileText />;
  if (["xls", "xlsx", "csv", "ods"].includes(ending)) return <FileSpreadsheet />;
  if (["zip", "7z", "rar", "gz", "tar"].includes(ending)) return <FileArchive />;
  return <File />;
}

/** A document: its true ending, its size, and a button that saves it. Nothing is ever opened here. */
export function Paper({ message, file }: { message: Message; file: Attachment }) {
  const { t } = useTranslation();
  const { where, want, save } = useFile(message, file);
  const withheld = where === "withheld";
  const name = file.file_name ?? nameless(message, file);
  const { stem, ending } = nameParts(name);
  const true_ = trueEnding(name);
  const runs = canRun(name);
  return (
    <div className="grid w-[300px] max-w-full gap-1.5" data-testid="document" data-where={where}>
      <button
        type="button"
        onClick={save}
        disabled={withheld || where === "gone"}
        aria-label={t("file.saveNamed", { name: `${stem}${ending}` })}
        className="tap grid w-full grid-cols-[36px_minmax(0,1fr)] items-center gap-2.5 rounded-s bg-surface-2 p-2 text-start transition-colors duration-(--motion) enabled:hover:bg-hover"
      >
        <span
          aria-hidden
          className={cx(
            "grid size-9 place-items-center rounded-s bg-surface [&_svg]:size-5",
            runs ? "text-warn" : "text-accent",
          )}
        >
          {icon(true_, runs)}
        </span>
        <span className="min-w-0">
          <span dir="ltr" className="flex min-w-0 font-medium text-13">
            <bdi className="truncate">{withheld ? t("chat.kind.document") : stem}</bdi>
            {!withheld && <bdi className="shrink-0">{ending}</bdi>}
          </span>
          <span className="flex gap-1.5 text-12 text-text-2">
            {true_ !== "" && !withheld && <span className="font-semibold uppercase">{true_}</span>}
            <span>{fileSize(file.size)}</span>
          </span>
        </span>
      </button>
      {runs && !withheld && <p className="text-12 text-warn">{t("file.runs")}</p>}
      {where !== "remote" && <FileNote file={file} where={where} onWant={want} />}
    </div>
  );
}
