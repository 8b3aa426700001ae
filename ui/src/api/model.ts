// The desk's vocabulary as the screen uses it.

export type Id = string;
export type Millis = number;
type Maybe<T> = T | null;

export type Role = "agent" | "supervisor" | "admin";
export interface Agent {
  id: Id;
  version: number;
  name: string;
  email: string;
  role: Role;
  active: boolean;
  enrolled: boolean;
  created_at: Millis;
}
export interface Tokens {
  access_token: string;
  access_expires_at: Millis;
  refresh_token: string;
  refresh_expires_at: Millis;
  agent: Agent;
}
export interface Enrolment {
  agent: Agent;
  code: string;
  expires_at: Millis;
}
export type SessionState =
  | { state: "unlinked"; problem?: Maybe<string> }
  | { state: "waiting_for_scan"; code_expires_at: Millis; attempt_expires_at: Millis }
  | { state: "pairing" }
  | { state: "syncing"; messages_waiting?: Maybe<number> }
  | { state: "online"; since: Millis }
  | { state: "reconnecting"; attempt: number; next_try_at: Millis }
  | { state: "replaced" }
  | { state: "logged_out"; reason: string }
  | { state: "restricted"; kind: string; until?: Maybe<Millis> }
  | { state: "banned"; code: number; until?: Maybe<Millis> }
  | { state: "client_outdated" };
export type SessionStateName = SessionState["state"];
export type ServerLink =
  | { state: "signed_out" }
  | { state: "connecting"; url: string }
  | { state: "in_sync"; url: string; since: Millis }
  | { state: "offline"; url: string; attempt: number; next_try_at: Millis }
  | { state: "sign_in_needed"; url: string }
  | { state: "update_needed"; url: string };
export interface LinkedNumber {
  channel_id: Id;
  number: string;
  name: string;
  default_scope: Scope;
  lends: boolean;
}
export interface BridgeStatus {
  session: SessionState;
  server: ServerLink;
  agent?: Maybe<Agent>;
  number?: Maybe<LinkedNumber>;
  outbox: number;
  sending: number;
  unread: number;
  notices?: Problem[];
  clock_skew_ms?: Maybe<number>;
}
export interface QrCode {
  code: string;
  expires_at: Millis;
  attempt_expires_at: Millis;
}
export interface BrowserLink {
  url: string;
  expires_at: Millis;
}
export interface ServerHealth {
  ok: boolean;
  product: string;
  protocol: number;
  protocol_min: number;
  setup_needed: boolean;
}
export interface Channel {
  id: Id;
  version: number;
  number: string;
  name: string;
  owner_id: Id;
  lends: boolean;
  session: SessionStateName;
  owner_online: boolean;
  updated_at: Millis;
}
export interface Contact {
  id: Id;
  version: number;
  name: string;
  push_name?: Maybe<string>;
  phone?: Maybe<string>;
  lid?: Maybe<string>;
  email?: Maybe<string>;
  tags: string[];
  notes: string;
  blocked: boolean;
  created_at: Millis;
  last_interaction_at?: Maybe<Millis>;
}
export interface ContactPatch {
  name?: Maybe<string>;
  email?: Maybe<string>;
  tags?: Maybe<string[]>;
  notes?: Maybe<string>;
}
export type ConversationState = "active" | "waiting" | "closed";
export type Priority = "low" | "medium" | "high" | "urgent";
export type Scope = "private" | "metadata" | "shared";
export type Direction = "inbound" | "outbound";
export type Origin = "customer" | "desk" | "phone";
export type MessageKind =
  | "text"
  | "image"
  | "video"
  | "audio"
  | "voice"
  | "document"
  | "sticker"
  | "location"
  | "contact_card"
  | "reaction"
  | "poll"
  | "view_once"
  | "revoked"
  | "undecryptable"
  | "unknown";
export type MessageStatus = "queued" | "sent" | "delivered" | "read" | "played" | "failed";
export interface LastMessage {
  direction: Direction;
  kind: MessageKind;
  preview: string;
  status: MessageStatus;
  at: Millis;
}
export interface Conversation {
  id: Id;
  version: number;
  contact_id: Id;
  channel_id: Id;
  state: ConversationState;
  priority: Priority;
  scope: Scope;
  tags: string[];
  assignee_id?: Maybe<Id>;
  ticket_id?: Maybe<Id>;
  unread: number;
  last_message?: Maybe<LastMessage>;
  last_activity_at: Millis;
  created_at: Millis;
}
export type ConversationItem = Conversation & { contact: Contact; ticket?: Maybe<Ticket> };
export type ConversationView = "mine" | "unassigned" | "all" | "waiting" | "closed";
export type ConversationCounts = Record<ConversationView | "unread", number>;
export interface Failure {
  code: string;
  detail: string;
  retryable: boolean;
}
export interface Message {
  id: Id;
  conversation_id: Id;
  channel_id: Id;
  ticket_id?: Maybe<Id>;
  wa_id: string;
  direction: Direction;
  origin: Origin;
  author_id?: Maybe<Id>;
  kind: MessageKind;
  text?: Maybe<string>;
  status: MessageStatus;
  failure?: Maybe<Failure>;
  position: number;
  at: Millis;
  expires_at?: Maybe<Millis>;
}
export type TicketState = "open" | "assigned" | "in_progress" | "resolved" | "closed";
export interface Ticket {
  id: Id;
  version: number;
  number: number;
  conversation_id: Id;
  contact_id: Id;
  channel_id: Id;
  subject: string;
  state: TicketState;
  priority: Priority;
  category?: Maybe<string>;
  assignee_id?: Maybe<Id>;
  resolution_note?: Maybe<string>;
  created_at: Millis;
  assigned_at?: Maybe<Millis>;
  first_reply_at?: Maybe<Millis>;
  resolved_at?: Maybe<Millis>;
  closed_at?: Maybe<Millis>;
  pending?: boolean;
}
export interface Page<T> {
  items: T[];
  next_cursor?: Maybe<string>;
}
export type DeskEvent =
  | { name: "agent:updated"; data: Agent }
  | { name: "channel:status"; data: Channel }
  | { name: "contact:updated"; data: Contact }
  | {
      name: "conversation:new" | "conversation:updated" | "conversation:assigned" | "conversation:transferred";
      data: Conversation;
    }
  | { name: "message:new" | "message:status"; data: Message }
  | {
      name:
        | "ticket:created"
        | "ticket:assigned"
        | "ticket:updated"
        | "ticket:reply"
        | "ticket:resolved"
        | "ticket:closed";
      data: Ticket;
    }
  | { name: "customer:typing"; data: { conversation_id: Id; typing: boolean } }
  | { name: "agent:typing"; data: { conversation_id: Id; agent_id: Id; typing: boolean } }
  | { name: "agent:online" | "agent:offline"; data: { agent_id: Id; at: Millis } };
export type ServerFrame =
  | { type: "welcome"; protocol: number }
  | { type: "event"; seq?: number | null; event: DeskEvent }
  | { type: "pong" }
  | { type: "error"; problem: Problem };
export type ClientFrame =
  | { type: "hello"; token: string; protocol: number }
  | { type: "subscribe"; room: string }
  | { type: "unsubscribe"; room: string }
  | { type: "typing"; conversation_id: Id; typing: boolean }
  | { type: "ping" };
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: Maybe<string>;
  field?: Maybe<string>;
  retry_after?: Maybe<number>;
}
