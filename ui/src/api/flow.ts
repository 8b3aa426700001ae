import { useSyncExternalStore } from "react";

// Full-page steps that someone asked for or put off: linking and signing in again.

interface Flow {
  /** Linking was put off for now. */
  linkLater: boolean;
  /** Linking was asked for, or is under way and not yet left. */
  linking: boolean;
  signingIn: boolean;
}

let flow: Flow = {
  linkLater: window.sessionStorage.getItem("ownline.link-later") === "yes",
  linking: false,
  signingIn: false,
};
const watchers = new Set<() => void>();

export function setFlow(change: Partial<Flow>): void {
  flow = { ...flow, ...change };
  window.sessionStorage.setItem("ownline.link-later", flow.linkLater ? "yes" : "no");
  for (const tell of watchers) tell();
}

export function useFlow(): Flow {
  return useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => flow,
  );
}
