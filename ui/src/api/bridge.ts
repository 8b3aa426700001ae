import type { BridgeStatus, BrowserLink, ConversationItem, QrCode, ServerHealth } from "./model";
import { request } from "./request";

// What only the bridge offers: its state, the WhatsApp link and the way to the team's server.

const post = <T = void>(path: string, body?: unknown) => request<T>(path, { method: "POST", body });

export const status = (signal?: AbortSignal) => request<BridgeStatus>("/status", { signal });
export const qr = (signal?: AbortSignal) => request<QrCode>("/qr", { signal });
export const link = (body: { number_use: "work" | "personal"; consent: boolean; lends: boolean }) => post("/link", body);
export const unlink = () => post("/unlink");
export const restart = () => post("/restart");
export const checkServer = (url: string) => post<ServerHealth>("/server/check", { url });
export const signIn = (body: { url: string; email: string; password: string }) => post("/server/sign-in", body);
export const enrolAt = (body: { url: string; code: string; password: string }) => post("/server/enrol", body);
export const signOut = () => post("/server/sign-out");
export const browserLink = () => post<BrowserLink>("/browser-link");
export const startConversation = (phone: string) => post<ConversationItem>("/api/conversations", { phone });
