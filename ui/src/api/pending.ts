// Routes and bodies that the programs do not publish yet, as the shared vocabulary has them.
import { authorizedFetch, baseUrl } from "./access";
import type { Attachment, ConversationItem, Hold, Id, Message, MessageKind, Scope } from "./model";
import { problemOf } from "./problem";

export async function call<T>(method: string, path: string, content?: unknown, signal?: AbortSignal): Promise<T> {
  const request = new Request(`${baseUrl() || window.location.origin}${path}`, {
    method,
    ...(content === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(content) }),
    ...(signal ? { signal } : {}),
  });
  const answer = await authorizedFetch(request);
  if (!answer.ok) throw await problemOf(answer);
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export interface UploadedMedia {
  id: Id;
  kind: MessageKind;
  attachment: Attachment;
}
export type SendingMode = "normal" | "replies_only" | "new_chats_frozen" | "stopped";
export interface Meter {
  code: string;
  used: number;
  limit: number;
  free_at?: number | null;
}
export interface HeldMessage {
  message_id: Id;
  conversation_id: Id;
  name: string;
  hold: Hold;
}
export interface SafetyReport {
  mode: SendingMode;
  reason?: string | null;
  until?: number | null;
  meters: Meter[];
  held: HeldMessage[];
  opted_out: number;
}
export interface OptOut {
  contact_id: Id;
  name: string;
  word: string;
  at: number;
}
export type ReadReceipts = "on_view" | "on_reply" | "never";
export interface LineSettings {
  read_receipts: ReadReceipts;
  default_scope: Scope;
  lends: boolean;
}
export interface TeamView {
  scope: Scope;
  conversation?: ConversationItem | null;
  messages: Message[];
  withheld: number;
}
