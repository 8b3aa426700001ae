import { Check, Pencil, X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../button";
import { cx } from "../cx";

interface EditableProps {
  /** What is edited, such as “Edit e-mail”. */
  label: string;
  value: string;
  placeholder: string;
  multiline?: boolean;
  type?: "text" | "email";
  check?: (value: string) => string | null;
  onSave: (value: string) => void;
  className?: string;
}

/** A value that turns into a field when pressed. Enter saves, Escape leaves it as it was. */
export function Editable({
  label,
  value,
  placeholder,
  multiline = false,
  type = "text",
  check,
  onSave,
  className,
}: EditableProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const save = () => {
    if (draft === null) return;
    const next = draft.trim();
    const wrong = next === "" ? null : (check?.(next) ?? null);
    setProblem(wrong);
    if (wrong) return;
    setDraft(null);
    if (next !== value) onSave(next);
  };
  const leave = () => {
    setDraft(null);
    setProblem(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (!multiline || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      leave();
    }
  };

  if (draft === null) {
    return (
      <button
        type="button"
        aria-label={value ? label : placeholder}
        onClick={() => setDraft(value)}
        className={cx(
          "tap group -mx-1.5 flex max-w-full items-center gap-1.5 rounded-s px-1.5 py-0.5 text-start hover:bg-hover",
          !value && "text-text-3",
          className,
        )}
      >
        <span dir="auto" className={cx("min-w-0", multiline ? "whitespace-pre-wrap break-words" : "truncate")}>
          {value || placeholder}
        </span>
        <Pencil
          aria-hidden
          className="size-3 shrink-0 text-text-3 opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"
        />
      </button>
    );
  }
  const shared = {
    "aria-label": label,
    "aria-invalid": problem ? (true as const) : undefined,
    value: draft,
    autoFocus: true,
    dir: "auto" as const,
    onKeyDown,
    className: "w-full min-w-0 rounded-s border border-line bg-surface px-2 py-1 text-14",
  };
  return (
    <div className="grid gap-1">
      <div className="flex items-start gap-1">
        {multiline ? (
          <textarea rows={4} {...shared} onChange={(event) => setDraft(event.target.value)} />
        ) : (
          <input type={type} maxLength={256} {...shared} onChange={(event) => setDraft(event.target.value)} />
        )}
        <IconButton label={t("common.save")} icon={<Check />} onClick={save} />
        <IconButton label={t("common.cancel")} icon={<X />} onClick={leave} />
      </div>
      {problem && (
        <p role="alert" className="text-12 text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}
