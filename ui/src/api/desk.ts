import { body, bridge, server } from "./client";
import type { ContactPatch, ConversationView, Id, NewMessage, TicketState } from "./model";

// The desk: the same calls on the bridge and on the server.

type Cursor = string | null;
type Signal = { signal?: AbortSignal };

const at = (id: Id) => ({ params: { path: { id } } });
/** A filter that is not set is not sent. */
const given = <T extends string>(value: T | "" | null) => (value === "" || value === null ? undefined : value);

export const profile = (ask: Signal = {}) => body(server().GET("/api/auth/profile", ask));
export const agents = (ask: Signal = {}) => body(server().GET("/api/agents", ask));
export const channels = (ask: Signal = {}) => body(server().GET("/api/channels", ask));

export const conversations = (view: ConversationView, q: string, cursor: Cursor, ask: Signal = {}) =>
  body(server().GET("/api/conversations", { params: { query: { view, q: given(q), cursor: given(cursor) } }, ...ask }));
export const conversation = (id: Id, ask: Signal = {}) =>
  body(server().GET("/api/conversations/{id}", { ...at(id), ...ask }));
export const counts = (ask: Signal = {}) => body(server().GET("/api/conversations/counts", ask));
export const messages = (id: Id, cursor: Cursor, ask: Signal = {}) =>
  body(
    server().GET("/api/conversations/{id}/messages", {
      params: { path: { id }, query: { cursor: given(cursor) } },
      ...ask,
    }),
  );
export const send = (id: Id, message: NewMessage) =>
  body(server().POST("/api/conversations/{id}/messages", { ...at(id), body: message }));
export const readUpTo = (id: Id, position: number) =>
  body(server().PUT("/api/conversations/{id}/read", { ...at(id), body: { position } }));
export const retry = (id: Id) => body(server().POST("/api/messages/{id}/retry", at(id)));
// Only the machine that holds the number changes what was said; elsewhere the routes do not exist.
export const edit = (id: Id, text: string) => body(bridge().PATCH("/api/messages/{id}", { ...at(id), body: { text } }));
export const revoke = (id: Id) => body(bridge().DELETE("/api/messages/{id}", at(id)));
/** Takes back what has not left yet; `already_sent` when it has. */
export const cancel = (id: Id) =>
  body(bridge().DELETE("/api/messages/{id}", { params: { path: { id }, query: { unsent: true } } }));
export const react = (id: Id, emoji: string) =>
  body(bridge().PUT("/api/messages/{id}/reaction", { ...at(id), body: { emoji } }));
export const played = (id: Id) => body(bridge().POST("/api/messages/{id}/played", at(id)));

export const contacts = (q: string, cursor: Cursor, ask: Signal = {}) =>
  body(server().GET("/api/contacts", { params: { query: { q: given(q), cursor: given(cursor) } }, ...ask }));
export const contact = (id: Id, ask: Signal = {}) => body(server().GET("/api/contacts/{id}", { ...at(id), ...ask }));
export const patchContact = (id: Id, patch: ContactPatch) =>
  body(server().PATCH("/api/contacts/{id}", { ...at(id), body: patch }));

export const merges = (id: Id, ask: Signal = {}) =>
  body(server().GET("/api/contacts/{id}/merges", { ...at(id), ...ask }));
export const undoMerge = (id: Id) => body(server().POST("/api/merges/{id}/undo", at(id)));

export const tickets = (state: TicketState | "", assignee: Id, cursor: Cursor, ask: Signal = {}) =>
  body(
    server().GET("/api/tickets", {
      params: { query: { state: given(state), assignee: given(assignee), cursor: given(cursor) } },
      ...ask,
    }),
  );
export const take = (id: Id) => body(server().POST("/api/tickets/{id}/assign", { ...at(id), body: {} }));
export const transfer = (id: Id, to: Id, reason: string) =>
  body(server().POST("/api/tickets/{id}/assign", { ...at(id), body: { to, reason: reason || null } }));
export const resolve = (id: Id, note: string) =>
  body(server().POST("/api/tickets/{id}/resolve", { ...at(id), body: { note: note || null } }));
export const close = (id: Id) => body(server().POST("/api/tickets/{id}/close", at(id)));
export const reopen = (id: Id) => body(server().POST("/api/tickets/{id}/reopen", at(id)));
