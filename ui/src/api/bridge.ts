import { body, bridge } from "./client";
import type { Id, LineSettings, Scope } from "./model";

// What only the bridge offers: its state, the WhatsApp link and the way to the team's server.

type Signal = { signal?: AbortSignal };

export const status = (ask: Signal = {}) => body(bridge().GET("/status", ask));
export const qr = (ask: Signal = {}) => body(bridge().GET("/qr", ask));
export interface LinkChoice {
  number_use: "work" | "personal";
  consent: boolean;
  lends: boolean;
  /** The own number, to link with a code that is typed on the phone. */
  phone?: string;
  /** ISO 3166, for a number without its country. */
  country?: string;
}
export const link = (choice: LinkChoice) => body(bridge().POST("/link", { body: choice }));
export const cancelLink = () => body(bridge().POST("/link/cancel"));
export const confirmNumber = (goOn: boolean) => body(bridge().POST("/link/confirm", { body: { go_on: goOn } }));
export const pairingCode = (ask: Signal = {}) => body(bridge().GET("/pairing-code", ask));
export const passkey = (ask: Signal = {}) => body(bridge().GET("/passkey", ask));
export const answerPasskey = (assertion: unknown) => body(bridge().POST("/passkey", { body: { assertion } }));
export const confirmPasskey = () => body(bridge().POST("/passkey/confirm"));
export const settings = (ask: Signal = {}) => body(bridge().GET("/settings", ask));
export const saveSettings = (settings: LineSettings) => body(bridge().PUT("/settings", { body: settings }));
export const present = (here: boolean) => body(bridge().PUT("/presence", { body: { present: here } }));
export const safety = (ask: Signal = {}) => body(bridge().GET("/safety", ask));
export const optOuts = (ask: Signal = {}) => body(bridge().GET("/safety/opt-outs", ask));
export const liftOptOut = (contact: Id) =>
  body(bridge().DELETE("/safety/opt-outs/{contact_id}", { params: { path: { contact_id: contact } } }));
export const setScope = (id: Id, scope: Scope, earlier: boolean) =>
  body(bridge().PUT("/api/conversations/{id}/scope", { params: { path: { id } }, body: { scope, earlier } }));
export const teamView = (id: Id, ask: Signal = {}) =>
  body(bridge().GET("/api/conversations/{id}/team-view", { params: { path: { id } }, ...ask }));
/** Who is in a group, and who may write there. */
export const group = (id: Id, ask: Signal = {}) =>
  body(bridge().GET("/api/conversations/{id}/group", { params: { path: { id } }, ...ask }));
export const older = (id: Id, before: Id | null) =>
  body(bridge().POST("/api/conversations/{id}/older", { params: { path: { id } }, body: { before } }));
export const unlink = () => body(bridge().POST("/unlink"));
export const restart = () => body(bridge().POST("/restart"));
export const checkServer = (url: string) => body(bridge().POST("/server/check", { body: { url } }));
export const signIn = (form: { url: string; email: string; password: string }) =>
  body(bridge().POST("/server/sign-in", { body: form }));
export const enrolAt = (form: { url: string; code: string; password: string }) =>
  body(bridge().POST("/server/enrol", { body: form }));
export const signOut = () => body(bridge().POST("/server/sign-out"));
export const browserLink = () => body(bridge().POST("/browser-link"));
export const startConversation = (phone: string) => body(bridge().POST("/api/conversations", { body: { phone } }));
