import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { platform } from "../../../platform";
import { pieces, safeText, trueHost } from "../../../text/untrusted";

const SHOWN_AT_ONCE = 1_500;

/** A message's words: text nodes, and web links that open outside. */
export function MessageText({ text }: { text: string }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const long = text.length > SHOWN_AT_ONCE + 500;
  const parts = useMemo(
    () => pieces(safeText(long && !whole ? `${text.slice(0, SHOWN_AT_ONCE)}…` : text)),
    [text, long, whole],
  );
  return (
    <span dir="auto" className="whitespace-pre-wrap break-words [overflow-wrap:anywhere]">
      {parts.map((part, index) => {
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move
        if (!part.href) return <span key={index}>{part.text}</span>;
        const { href } = part;
        const real = trueHost(href);
        return (
          <a
            // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move
            key={index}
            href={href}
            rel="noopener noreferrer nofollow"
            target="_blank"
            title={t("chat.linkTo", { host: new URL(href).hostname })}
            className="text-accent underline underline-offset-2"
            onClick={(event) => {
              event.preventDefault();
              void platform.openExternal(href).catch(() => undefined);
            }}
          >
            {part.text}
            {real && <span className="text-text-2"> ({real})</span>}
          </a>
        );
      })}
      {long && !whole && (
        <button type="button" className="tap ms-1 font-medium text-accent" onClick={() => setWhole(true)}>
          {t("chat.expandText")}
        </button>
      )}
    </span>
  );
}
