import { useTranslation } from "react-i18next";
import type { Quote } from "../../../api/model";
import { cx } from "../../../components/cx";
import { useKindName } from "../../../components/kind-name";
import { safeText } from "../../../text/untrusted";

export function useQuoteText() {
  const { t } = useTranslation();
  const kindName = useKindName();
  return (quote: Pick<Quote, "kind" | "preview">) => {
    const kind = quote.kind === "text" ? "" : kindName(quote.kind);
    const words = safeText(quote.preview).replace(/\s+/g, " ");
    return kind && words ? `${kind}: ${words}` : words || kind || t("inbox.hidden");
  };
}

interface QuotedProps {
  quote: Quote;
  /** Whose words they are. */
  who: string;
  onJump: (() => void) | null;
  className?: string;
}

/** The message that is answered, as it stood then; a press goes to it. */
export function Quoted({ quote, who, onJump, className }: QuotedProps) {
  const { t } = useTranslation();
  const text = useQuoteText()(quote);
  const look = cx(
    "block w-full min-w-0 rounded-[4px] border-accent border-s-[3px] bg-[color-mix(in_srgb,var(--accent)_8%,transparent)] px-2 py-1 text-start text-13",
    className,
  );
  const inside = (
    <>
      <bdi className="block truncate font-semibold text-12 text-accent">{who}</bdi>
      <span dir="auto" className="line-clamp-2 break-words text-text-2">
        {text}
      </span>
    </>
  );
  if (!onJump) return <div className={look}>{inside}</div>;
  return (
    <button type="button" onClick={onJump} aria-label={t("quote.jump", { who, text })} className={look}>
      {inside}
    </button>
  );
}
