import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

type Look = "plain" | "primary" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  plain: "border-line bg-surface text-text hover:bg-hover",
  primary: "border-accent bg-accent text-accent-ink hover:opacity-90",
  quiet: "border-transparent bg-transparent text-text-2 hover:bg-hover hover:text-text",
  danger: "border-line bg-surface text-bad hover:bg-bad-soft",
};

const BASE =
  "inline-flex items-center justify-center gap-1.5 rounded-s border font-medium text-13 leading-none whitespace-nowrap transition-colors duration-(--motion) disabled:opacity-50 disabled:pointer-events-none";

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  /** Work is under way: the button keeps its size and says so. */
  busy?: boolean;
}

export function Button({ look = "plain", busy = false, className, disabled, children, type, ...rest }: ButtonProps) {
  return (
    <button
      type={type ?? "button"}
      className={cx(BASE, LOOKS[look], "tap h-8 px-3", className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {children}
      {busy && (
        <span aria-hidden className="size-3 animate-spin rounded-full border-2 border-current border-e-transparent" />
      )}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  label: string;
  icon: ReactNode;
}

/** A button with a picture only; its name is for assistive technology and the tooltip. */
export function IconButton({ label, icon, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        "tap inline-grid size-8 shrink-0 place-items-center rounded-s text-text-2 transition-colors duration-(--motion) hover:bg-hover hover:text-text disabled:pointer-events-none disabled:opacity-50 [&_svg]:size-4",
        className,
      )}
      {...rest}
    >
      {icon}
    </button>
  );
}
