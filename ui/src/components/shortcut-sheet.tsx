import { useTranslation } from "react-i18next";
import { Dialog } from "./dialog";

const KEYS = [
  ["palette", "Ctrl/⌘ K"],
  ["next", "j"],
  ["previous", "k"],
  ["open", "Enter"],
  ["take", "a"],
  ["resolve", "e"],
  ["transfer", "t"],
  ["search", "/"],
  ["send", "Enter"],
  ["line", "Shift Enter"],
  ["leave", "Esc"],
  ["sheet", "?"],
] as const;

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={onClose} title={t("shortcuts.title")}>
      <dl className="grid gap-2">
        {KEYS.map(([name, keys]) => (
          <div key={name} className="flex items-center justify-between gap-4">
            <dt className="text-text-2">{t(`shortcuts.${name}`)}</dt>
            <dd>
              <kbd className="rounded-[4px] border border-line bg-surface-2 px-1.5 py-0.5 font-sans text-12">
                {keys}
              </kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
