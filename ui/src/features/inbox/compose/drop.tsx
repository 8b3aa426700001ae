import { Upload } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

/** Files that are dragged over the chat. Handlers for the chat, and the sheet that says what letting go does. */
export function useDrop(onFiles: ((files: File[]) => void) | null) {
  const { t } = useTranslation();
  const depth = useRef(0);
  const [over, setOver] = useState(false);
  const leave = () => {
    depth.current = 0;
    setOver(false);
  };
  const handlers = {
    onDragEnter: (event: DragEvent) => {
      if (!onFiles || !hasFiles(event)) return;
      depth.current += 1;
      setOver(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth.current -= 1;
      if (depth.current <= 0) leave();
    },
    onDragOver: (event: DragEvent) => {
      // Without this the page itself would open the file.
      if (hasFiles(event)) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      leave();
      const files = [...event.dataTransfer.files];
      if (files.length > 0) onFiles?.(files);
    },
  };
  const sheet = over && (
    <div
      aria-hidden
      className="pointer-events-none absolute inset-3 z-30 grid place-content-center justify-items-center gap-2 rounded-l border-2 border-accent border-dashed bg-[color-mix(in_srgb,var(--surface)_88%,transparent)] text-accent"
    >
      <Upload className="size-8" />
      <p className="font-semibold">{t("files.drop")}</p>
    </div>
  );
  return { handlers, sheet };
}
