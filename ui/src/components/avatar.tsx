import { initials } from "../text/untrusted";
import { cx } from "./cx";

const TONES = ["bg-accent-soft text-accent", "bg-info-soft text-info", "bg-warn-soft text-warn"];
export const SIZES = { s: "size-7 text-11", m: "size-9 text-13", l: "size-12 text-16" };

function tone(name: string): string {
  let sum = 0;
  for (let i = 0; i < Math.min(name.length, 64); i += 1) sum = (sum * 31 + name.charCodeAt(i)) % 997;
  return TONES[sum % TONES.length] ?? "";
}

/** Stands beside a written name, so it says nothing to assistive technology. */
export function Avatar({
  name,
  size = "m",
  className,
}: {
  name: string;
  size?: keyof typeof SIZES;
  className?: string;
}) {
  return (
    <span
      aria-hidden
      className={cx(
        "grid shrink-0 select-none place-items-center rounded-full font-semibold",
        SIZES[size],
        tone(name),
        className,
      )}
    >
      {initials(name)}
    </span>
  );
}
