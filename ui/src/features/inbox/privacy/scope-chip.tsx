import { EyeOff, Lock, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Scope } from "../../../api/model";
import { cx } from "../../../components/cx";

const ICONS = { private: Lock, metadata: EyeOff, shared: Users };

/** What the team sees of this chat, always in sight; a press opens the choice. */
export function ScopeChip({ scope, onOpen }: { scope: Scope; onOpen: () => void }) {
  const { t } = useTranslation();
  const Icon = ICONS[scope];
  const label = t("scope.chip", { scope: t(`scope.${scope}`) });
  return (
    <button
      type="button"
      data-testid="scope-chip"
      data-scope={scope}
      aria-label={label}
      title={label}
      onClick={onOpen}
      className={cx(
        "tap inline-flex h-7 shrink-0 items-center justify-center gap-1.5 rounded-full border px-2.5 font-medium text-12 transition-colors duration-(--motion) hover:bg-hover",
        scope === "shared" ? "border-line text-text-2" : "border-accent text-accent",
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      <span className="max-lg:sr-only">{t(`scope.${scope}`)}</span>
    </button>
  );
}
