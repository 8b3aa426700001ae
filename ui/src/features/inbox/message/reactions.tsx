import { useTranslation } from "react-i18next";
import type { Message, Reaction } from "../../../api/model";
import { cx } from "../../../components/cx";
import { graphemes } from "../../../text/untrusted";
import { useChat } from "../chat-context";

export interface Chip {
  emoji: string;
  count: number;
  own: boolean;
}

/** One chip for each emoji, the most used first. */
export function chips(reactions: readonly Reaction[]): Chip[] {
  const all = new Map<string, Chip>();
  for (const { emoji, direction } of reactions) {
    if (emoji === "") continue;
    const chip = all.get(emoji) ?? { emoji, count: 0, own: false };
    chip.count += 1;
    chip.own ||= direction === "outbound";
    all.set(emoji, chip);
  }
  return [...all.values()].sort((a, b) => b.count - a.count);
}

/** An emoji is whatever a stranger sent in its place: one character of it is enough. */
export const oneEmoji = (emoji: string) => graphemes(emoji, 1).replace("…", "") || "?";

export function Reactions({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { may, react } = useChat();
  const shown = chips(message.details?.reactions ?? []);
  if (shown.length === 0) return null;
  const out = message.direction === "outbound";
  return (
    <ul
      aria-label={t("reaction.list")}
      className={cx("-mt-1.5 z-1 flex flex-wrap gap-1 px-2", out ? "justify-end" : "justify-start")}
    >
      {shown.slice(0, 8).map((chip) => (
        <li key={chip.emoji}>
          <button
            type="button"
            data-testid="reaction"
            disabled={!may.react(message)}
            aria-pressed={chip.own}
            aria-label={t("reaction.chip", { emoji: oneEmoji(chip.emoji), count: chip.count })}
            onClick={() => react(message, chip.own ? "" : chip.emoji)}
            className={cx(
              "inline-flex items-center gap-1 rounded-full border px-1.5 py-px text-13 disabled:cursor-default",
              chip.own ? "border-accent bg-accent-soft" : "border-line bg-surface",
            )}
          >
            <span aria-hidden>{oneEmoji(chip.emoji)}</span>
            {chip.count > 1 && <span className="font-medium text-11 text-text-2">{chip.count}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
