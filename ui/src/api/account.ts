import { forgetTokens, keepTokens, refreshToken } from "./access";
import type { Agent, Enrolment, Id, Role, ServerHealth, Tokens } from "./model";
import { request } from "./request";

// Signing in to a server, and the administration of people (which a bridge forwards).

const open = <T>(path: string, body: unknown) => request<T>(path, { method: "POST", body, authorized: false });

export const health = () => request<ServerHealth>("/api/health", { authorized: false });
export const login = async (body: { email: string; password: string }) =>
  keepTokens(await open<Tokens>("/api/auth/login", body));
export const enrol = async (body: { code: string; password: string }) =>
  keepTokens(await open<Tokens>("/api/auth/enrol", body));
export const setUp = async (body: { token: string; name: string; email: string; password: string }) =>
  keepTokens(await open<Tokens>("/api/setup", body));

/** Ends the session here at once; the server hears of it when it can. */
export async function logout(): Promise<void> {
  const token = refreshToken();
  const told = token ? request<void>("/api/auth/logout", { method: "POST", body: { refresh_token: token } }) : null;
  await told?.catch(() => undefined);
  forgetTokens();
}

export const updateProfile = (body: { name?: string; current_password?: string; new_password?: string }) =>
  request<Agent>("/api/auth/profile", { method: "PUT", body });
export const createAgent = (body: { name: string; email: string; role: Role }) =>
  request<Enrolment>("/api/agents", { method: "POST", body });
export const patchAgent = (id: Id, body: { name?: string; role?: Role; active?: boolean }) =>
  request<Agent>(`/api/agents/${id}`, { method: "PATCH", body });
export const newCode = (id: Id) => request<Enrolment>(`/api/agents/${id}/enrolment`, { method: "POST" });
