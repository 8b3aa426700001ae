import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { safeName } from "../../text/untrusted";

interface TagsProps {
  tags: string[];
  onChange: (tags: string[]) => void;
}

export function Tags({ tags, onChange }: TagsProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<string | null>(null);
  const add = () => {
    const tag = (draft ?? "").trim();
    if (tag && !tags.includes(tag)) onChange([...tags, tag]);
    setDraft(null);
  };
  return (
    <ul className="flex flex-wrap items-center gap-1.5">
      {tags.map((tag) => (
        <li
          key={tag}
          className="inline-flex max-w-full items-center rounded-full bg-surface-2 ps-2 font-medium text-12 text-text-2"
        >
          <bdi className="truncate py-0.5">{safeName(tag, 40)}</bdi>
          <button
            type="button"
            aria-label={t("contact.removeTag", { tag: safeName(tag, 40) })}
            className="tap grid size-5 shrink-0 place-items-center rounded-full hover:text-text"
            onClick={() => onChange(tags.filter((other) => other !== tag))}
          >
            <X aria-hidden className="size-3" />
          </button>
        </li>
      ))}
      <li>
        {draft === null ? (
          <button
            type="button"
            onClick={() => setDraft("")}
            className="tap inline-flex items-center gap-1 rounded-full border border-line border-dashed px-2 py-0.5 text-12 text-text-2 hover:bg-hover"
          >
            <Plus aria-hidden className="size-3" />
            {t("contact.addTag")}
          </button>
        ) : (
          <input
            // biome-ignore lint/a11y/noAutofocus: the field appears because the agent asked for it
            autoFocus
            aria-label={t("contact.newTag")}
            value={draft}
            maxLength={40}
            dir="auto"
            onChange={(event) => setDraft(event.target.value)}
            onBlur={add}
            onKeyDown={(event) => {
              if (event.key === "Enter") add();
              if (event.key === "Escape") {
                event.stopPropagation();
                setDraft(null);
              }
            }}
            className="w-28 rounded-s border border-line bg-surface px-2 py-0.5 text-12"
          />
        )}
      </li>
    </ul>
  );
}
