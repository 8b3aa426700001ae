import { useEffect } from "react";
import * as bridge from "../api/bridge";

/** Someone who has touched nothing for this long is not at the screen. */
const IDLE_MS = 5 * 60_000;
const SAY_AGAIN_MS = 60_000;

/** Tells the bridge whether the agent sits before the screen: the line shows as online only then. */
export function usePresence(active: boolean): void {
  useEffect(() => {
    if (!active) return;
    let touched = Date.now();
    let told: boolean | null = null;
    let toldAt = 0;
    const tell = () => {
      const now = Date.now();
      const here = document.visibilityState === "visible" && document.hasFocus() && now - touched < IDLE_MS;
      // Being here is said again from time to time, so that a window that vanished does not stay online.
      if (here === told && (!here || now - toldAt < SAY_AGAIN_MS)) return;
      told = here;
      toldAt = now;
      bridge.present(here).catch(() => {
        told = null;
      });
    };
    const touch = () => {
      touched = Date.now();
      if (told !== true) tell();
    };
    const timer = setInterval(tell, 15_000);
    const watched = [
      [document, "visibilitychange"],
      [window, "focus"],
      [window, "blur"],
    ] as const;
    for (const [target, name] of watched) target.addEventListener(name, tell);
    for (const name of ["pointerdown", "keydown", "wheel"]) window.addEventListener(name, touch, { passive: true });
    tell();
    return () => {
      clearInterval(timer);
      for (const [target, name] of watched) target.removeEventListener(name, tell);
      for (const name of ["pointerdown", "keydown", "wheel"]) window.removeEventListener(name, touch);
      if (told) bridge.present(false).catch(() => undefined);
    };
  }, [active]);
}
