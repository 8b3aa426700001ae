import type {
  Agent,
  Channel,
  Contact,
  ContactPatch,
  ConversationCounts,
  ConversationItem,
  ConversationView,
  Id,
  Message,
  Page,
  Ticket,
  TicketState,
} from "./model";
import { request } from "./request";

// The desk: the same calls on the bridge and on the server.

type Cursor = string | null;

export const profile = (signal?: AbortSignal) => request<Agent>("/api/auth/profile", { signal });
export const agents = (signal?: AbortSignal) => request<Agent[]>("/api/agents", { signal });
export const channels = (signal?: AbortSignal) =>
  request<Channel[]>("/api/channels", { signal });

export const conversations = (view: ConversationView, q: string, cursor: Cursor, signal?: AbortSignal) =>
  request<Page<ConversationItem>>("/api/conversations", { query: { view, q, cursor }, signal });
export const conversation = (id: Id, signal?: AbortSignal) =>
  request<ConversationItem>(`/api/conversations/${id}`, { signal });
export const counts = (signal?: AbortSignal) => request<ConversationCounts>("/api/conversations/counts", { signal });
export const messages = (id: Id, cursor: Cursor, signal?: AbortSignal) =>
  request<Page<Message>>(`/api/conversations/${id}/messages`, { query: { cursor }, signal });
export const send = (id: Id, body: { id: Id; text: string }) =>
  request<Message>(`/api/conversations/${id}/messages`, { method: "POST", body });
export const readUpTo = (id: Id, position: number) =>
  request<void>(`/api/conversations/${id}/read`, { method: "PUT", body: { position } });
export const retry = (messageId: Id) => request<Message>(`/api/messages/${messageId}/retry`, { method: "POST" });

export const contacts = (q: string, cursor: Cursor, signal?: AbortSignal) =>
  request<Page<Contact>>("/api/contacts", { query: { q, cursor }, signal });
export const contact = (id: Id, signal?: AbortSignal) => request<Contact>(`/api/contacts/${id}`, { signal });
export const patchContact = (id: Id, body: ContactPatch) =>
  request<Contact>(`/api/contacts/${id}`, { method: "PATCH", body });

export const tickets = (state: TicketState | "", assignee: Id, cursor: Cursor, signal?: AbortSignal) =>
  request<Page<Ticket>>("/api/tickets", { query: { state, assignee, cursor }, signal });
export const take = (id: Id) => request<Ticket>(`/api/tickets/${id}/assign`, { method: "POST", body: {} });
export const transfer = (id: Id, to: Id, reason: string) =>
  request<Ticket>(`/api/tickets/${id}/assign`, { method: "POST", body: { to, reason: reason || null } });
export const resolve = (id: Id, note: string) =>
  request<Ticket>(`/api/tickets/${id}/resolve`, { method: "POST", body: { note: note || null } });
export const close = (id: Id) => request<Ticket>(`/api/tickets/${id}/close`, { method: "POST" });
export const reopen = (id: Id) => request<Ticket>(`/api/tickets/${id}/reopen`, { method: "POST" });
