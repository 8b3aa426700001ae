import type { ReactNode } from "react";
import { useNarrow } from "./media-query";

/** The list beside which one of its items opens. Where only one pane fits, it is what the page is about. */
export function ListPane({ label, children }: { label: string; children: ReactNode }) {
  const Pane = useNarrow() ? "main" : "section";
  return (
    <Pane
      aria-label={label}
      className="flex w-[340px] shrink-0 flex-col border-line border-e bg-surface max-md:w-full max-md:border-e-0"
    >
      {children}
    </Pane>
  );
}
