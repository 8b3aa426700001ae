import type { Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useLayoutEffect, useRef } from "react";

interface Seen {
  id: string;
  /** From the row's upper edge to the list's, in pixels. */
  above: number;
  stamp: number;
}

/**
 * Keeps the rows that are being looked at where they are when others come in above. A row that was itself renewed moves
 * to its new place and holds nothing. Call what comes back whenever the list scrolls.
 */
export function useSteady<T extends { id: string }>(
  scroller: RefObject<HTMLElement | null>,
  rows: Virtualizer<HTMLDivElement, Element>,
  items: readonly T[],
  stampOf: (item: T) => number,
): () => void {
  const seen = useRef<Seen[]>([]);
  const latest = useRef({ items, stampOf });
  latest.current = { items, stampOf };
  const note = useCallback(() => {
    const top = scroller.current?.scrollTop ?? 0;
    seen.current = rows
      .getVirtualItems()
      .filter((row) => row.end > top)
      .flatMap((row) => {
        const item = latest.current.items[row.index];
        return item ? [{ id: item.id, above: top - row.start, stamp: latest.current.stampOf(item) }] : [];
      });
  }, [rows, scroller]);
  useLayoutEffect(() => {
    const box = scroller.current;
    // At the top the newest is what one wants to see.
    if (!box || box.scrollTop <= 0) return;
    for (const { id, above, stamp } of seen.current) {
      const at = items.findIndex((item) => item.id === id);
      const item = items[at];
      const start = rows.measurementsCache[at]?.start;
      if (!item || start === undefined || latest.current.stampOf(item) !== stamp) continue;
      if (Math.abs(box.scrollTop - (start + above)) > 1) box.scrollTop = start + above;
      break;
    }
    note();
  }, [items, rows, scroller, note]);
  return note;
}
