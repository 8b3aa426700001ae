import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";
import { useShortcuts } from "./shortcuts";

interface SearchBoxProps {
  label: string;
  value: string;
  onSearch: (q: string) => void;
  /** Enter: what is typed is meant, and the first that it finds. */
  onEnter?: (q: string) => void;
  className?: string;
}

/** Searches as one types, after a breath. `/` comes here, Escape empties it. */
export function SearchBox({ label, value, onSearch, onEnter, className }: SearchBoxProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const search = useRef(onSearch);
  search.current = onSearch;
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => search.current(text.trim()), 200);
    return () => clearTimeout(timer);
  }, [text, value]);
  useShortcuts({ "/": () => field.current?.focus() });
  return (
    <div className={className}>
      <div className="tap flex items-center gap-2 rounded-s bg-surface-2 px-2.5 text-13 focus-within:shadow-focus">
        <Search aria-hidden className="size-4 shrink-0 text-text-3" />
        <input
          ref={field}
          type="search"
          aria-label={label}
          placeholder={label}
          value={text}
          maxLength={256}
          dir="auto"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.nativeEvent.isComposing && text.trim() !== "") {
              search.current(text.trim());
              onEnter?.(text.trim());
            }
            if (event.key !== "Escape") return;
            setText("");
            event.currentTarget.blur();
          }}
          className="h-8.5 min-w-0 flex-1 bg-transparent focus-visible:shadow-none [&::-webkit-search-cancel-button]:hidden"
        />
        {text ? (
          <IconButton
            label={t("inbox.clearSearch")}
            icon={<X />}
            className="-me-1.5 size-6"
            onClick={() => {
              setText("");
              field.current?.focus();
            }}
          />
        ) : (
          <kbd
            aria-hidden
            className="rounded-[4px] border border-line px-1.5 font-sans text-11 text-text-3 max-md:hidden"
          >
            /
          </kbd>
        )}
      </div>
    </div>
  );
}
