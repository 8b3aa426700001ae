import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

function writes(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

/** Enter belongs to whatever it would press. */
function presses(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button,a[href],summary,[role=button],[role=tab]") !== null;
}

/**
 * Keys such as `j`, `/`, `?`, and `mod+k` (Ctrl, or ⌘ on a Mac). Plain keys rest while someone writes or a dialog is open.
 */
export function useShortcuts(shortcuts: Shortcuts, active = true): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    if (!active) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.isComposing) return;
      const mod = event.ctrlKey || event.metaKey;
      const run = current.current[mod ? `mod+${event.key.toLowerCase()}` : event.key];
      if (!run) return;
      if (!mod && (writes(event.target) || document.querySelector("[role=dialog],[role=menu]"))) return;
      if (event.key === "Enter" && presses(event.target)) return;
      event.preventDefault();
      run(event);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [active]);
}
