import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "../../components/cx";

export type StepState = "done" | "now" | "later";

interface StepProps {
  number: number;
  state: StepState;
  title: ReactNode;
  children?: ReactNode;
}

export function Step({ number, state, title, children }: StepProps) {
  return (
    <li className="grid grid-cols-[28px_1fr] items-start gap-3" aria-current={state === "now" ? "step" : undefined}>
      <span
        aria-hidden
        className={cx(
          "grid size-7 place-items-center rounded-full font-semibold text-13",
          state === "done" && "bg-accent-soft text-accent",
          state === "now" && "bg-accent text-accent-ink",
          state === "later" && "bg-surface-2 text-text-2",
        )}
      >
        {state === "done" ? <Check className="size-4" /> : number}
      </span>
      <div className="min-w-0 pt-0.5">
        <p className="font-semibold">{title}</p>
        {children && <div className="text-13 text-text-2">{children}</div>}
      </div>
    </li>
  );
}
