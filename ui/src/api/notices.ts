import type { BridgeStatus, Problem } from "./model";

/** What the agent should know now. That a number has another owner no longer matters once it is unlinked. */
export function noticesOf(status: BridgeStatus): Problem[] {
  return (status.notices ?? []).filter((notice) => notice.code !== "number_already_linked" || status.number != null);
}
