import { body, bridge } from "./client";

// What only the bridge offers: its state, the WhatsApp link and the way to the team's server.

type Signal = { signal?: AbortSignal };

export const status = (ask: Signal = {}) => body(bridge().GET("/status", ask));
export const qr = (ask: Signal = {}) => body(bridge().GET("/qr", ask));
export const link = (choice: { number_use: "work" | "personal"; consent: boolean; lends: boolean }) =>
  body(bridge().POST("/link", { body: choice }));
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
