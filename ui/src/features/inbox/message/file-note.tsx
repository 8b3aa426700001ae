import { CircleAlert, CloudOff, Download, Lock, RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Attachment } from "../../../api/model";
import { cx } from "../../../components/cx";
import { fileSize } from "../../../i18n/size";
import type { Where } from "./use-file";

interface FileNoteProps {
  file: Attachment;
  where: Where;
  /** Null where nothing can be done from here. */
  onWant: (() => void) | null;
  /** Over a picture: on a dark veil. */
  over?: boolean;
}

/** Where a file is that cannot be shown yet, in words, with what helps. */
export function FileNote({ file, where, onWant, over = false }: FileNoteProps) {
  const { t } = useTranslation();
  if (where === "here") return null;
  const look = cx(
    "inline-flex items-center gap-1.5 text-12 [&_svg]:size-3.5 [&_svg]:shrink-0",
    over && "rounded-full bg-[rgb(8_14_12/0.66)] px-2.5 py-1 text-white",
    !over && "text-text-2",
  );
  switch (where) {
    case "remote":
      return (
        onWant && (
          <button type="button" onClick={onWant} className={cx(look, "tap font-medium", !over && "text-accent")}>
            <Download aria-hidden />
            {t("file.fetch", { size: fileSize(file.size) })}
          </button>
        )
      );
    case "fetching":
      return (
        <span role="status" className={look}>
          <span aria-hidden className="size-3 animate-spin rounded-full border-2 border-current border-e-transparent" />
          {t("file.fetching")}
        </span>
      );
    case "failed":
      if (!onWant) {
        return (
          <span className={look}>
            <CircleAlert aria-hidden />
            {t("file.failed")}
          </span>
        );
      }
      return (
        <button type="button" onClick={onWant} className={cx(look, "tap text-start font-medium", !over && "text-bad")}>
          {over ? <RotateCw aria-hidden /> : <CircleAlert aria-hidden />}
          <span>
            {t("file.failed")} <span className="underline">{t("common.tryAgain")}</span>
          </span>
        </button>
      );
    case "gone":
      return (
        <span className={look}>
          <CloudOff aria-hidden />
          {t("file.gone")}
        </span>
      );
    case "withheld":
      return (
        <span className={look}>
          <Lock aria-hidden />
          {t("file.withheld")}
        </span>
      );
  }
}
