import { forgetTokens, keepTokens, refreshToken } from "./access";
import { body, open, server } from "./client";
import type { Id, Role } from "./model";

// Signing in to a server, and the administration of people (which a bridge forwards).

export const health = () => body(open().GET("/api/health"));
export const login = async (form: { email: string; password: string }) =>
  keepTokens(await body(open().POST("/api/auth/login", { body: form })));
export const enrol = async (form: { code: string; password: string }) =>
  keepTokens(await body(open().POST("/api/auth/enrol", { body: form })));
export const setUp = async (form: { token: string; name: string; email: string; password: string }) =>
  keepTokens(await body(open().POST("/api/setup", { body: form })));

/** Ends the session here at once, whether the server hears of it or not. */
export async function logout(): Promise<void> {
  const token = refreshToken();
  if (token) await body(open().POST("/api/auth/logout", { body: { refresh_token: token } })).catch(() => undefined);
  forgetTokens();
}

export const updateProfile = (change: { name?: string; current_password?: string; new_password?: string }) =>
  body(server().PUT("/api/auth/profile", { body: change }));
export const createAgent = (agent: { name: string; email: string; role: Role }) =>
  body(server().POST("/api/agents", { body: agent }));
export const patchAgent = (id: Id, change: { name?: string; role?: Role; active?: boolean }) =>
  body(server().PATCH("/api/agents/{id}", { params: { path: { id } }, body: change }));
export const newCode = (id: Id) => body(server().POST("/api/agents/{id}/enrolment", { params: { path: { id } } }));
