import type { Connection } from "../platform";
import type { Agent, Tokens } from "./model";
import { ProblemError, problemOf } from "./problem";

// Who we are to the host. On a bridge: its token. On a server: a short access token kept in memory and a refresh token
// kept for this tab, renewed by one request however many wait for it.

const REFRESH_KEY = "ownline.refresh-token";

let connection: Connection | null = null;
let access: { token: string; expiresAt: number } | null = null;
let renewal: Promise<void> | null = null;
const watchers = new Set<() => void>();

export function connect(to: Connection): void {
  connection = to;
}

export function host(): Connection["host"] {
  return connection?.host ?? "server";
}

export function baseUrl(): string {
  return connection?.baseUrl ?? "";
}

export function isSignedIn(): boolean {
  return host() === "bridge" || access !== null || window.sessionStorage.getItem(REFRESH_KEY) !== null;
}

export function onSignInChange(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function keepTokens(tokens: Tokens): Agent {
  access = { token: tokens.access_token, expiresAt: tokens.access_expires_at };
  window.sessionStorage.setItem(REFRESH_KEY, tokens.refresh_token);
  for (const tell of watchers) tell();
  return tokens.agent;
}

export function refreshToken(): string | null {
  return window.sessionStorage.getItem(REFRESH_KEY);
}

export function forgetTokens(): void {
  access = null;
  window.sessionStorage.removeItem(REFRESH_KEY);
  for (const tell of watchers) tell();
}

async function renew(): Promise<void> {
  const token = refreshToken();
  if (!token) throw await signedOut();
  const answer = await fetch(`${baseUrl()}/api/auth/refresh`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refresh_token: token }),
  }).catch(() => {
    throw ProblemError.unreachable();
  });
  if (answer.ok) {
    keepTokens((await answer.json()) as Tokens);
    return;
  }
  const problem = await problemOf(answer);
  // Only a clear refusal ends the sign-in; a server in trouble does not.
  if (answer.status === 401 || answer.status === 403) forgetTokens();
  throw problem;
}

function signedOut(): Promise<ProblemError> {
  return problemOf(new Response(null, { status: 401 }));
}

/** A token that should still be good, renewed first where needed. */
export async function bearer(forceRenewal = false): Promise<string> {
  if (connection?.host === "bridge") return connection.token ?? "";
  const stale = access === null || access.expiresAt - Date.now() < 10_000;
  if (stale || forceRenewal) {
    renewal ??= renew().finally(() => {
      renewal = null;
    });
    await renewal;
  }
  return access?.token ?? "";
}

/** `fetch` with proof of who we are. A refused access token is renewed once and the request repeated. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const attempt = async (force: boolean) => {
    const copy = request.clone();
    copy.headers.set("authorization", `Bearer ${await bearer(force)}`);
    return fetch(copy).catch((error: unknown) => {
      if (request.signal.aborted) throw error;
      throw ProblemError.unreachable();
    });
  };
  const answer = await attempt(false);
  if (answer.status !== 401 || host() === "bridge") return answer;
  return attempt(true);
}
