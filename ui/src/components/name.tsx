import { safeName } from "../text/untrusted";

/** A stranger's name: kept apart from the writing direction around it, invisible characters shown. */
export function Name({ children, className }: { children: string; className?: string }) {
  return <bdi className={className}>{safeName(children)}</bdi>;
}
