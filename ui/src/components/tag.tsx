import type { ReactNode } from "react";
import { cx } from "./cx";

const TONES = {
  plain: "bg-surface-2 text-text-2",
  raised: "bg-surface text-text-2",
  accent: "bg-accent-soft text-accent",
  info: "bg-info-soft text-info",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};
export type Tone = keyof typeof TONES;

export function Tag({ tone = "plain", children, className }: { tone?: Tone; children: ReactNode; className?: string }) {
  return (
    <span
      className={cx(
        "inline-flex max-w-full items-center gap-1 truncate rounded-full px-[7px] py-px font-medium text-11",
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

export function Dot({ tone }: { tone: "ok" | "warn" | "bad" | "off" | "info" }) {
  const colours = { ok: "bg-ok", warn: "bg-warn", bad: "bg-bad", off: "bg-text-3", info: "bg-info" };
  return <span aria-hidden className={cx("size-2 shrink-0 rounded-full", colours[tone])} />;
}
