import { beforeEach, expect, it, vi } from "vitest";
import { authorizedFetch, connect, forgetTokens, isSignedIn, keepTokens } from "./access";
import type { Agent, Tokens } from "./model";

function tokens(access: string, refresh: string, expiresIn = 60_000): Tokens {
  return {
    access_token: access,
    access_expires_at: Date.now() + expiresIn,
    refresh_token: refresh,
    refresh_expires_at: Date.now() + 1e9,
    agent: {} as Agent,
  };
}

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const ask = () => new Request("http://desk.example/api/agents");

beforeEach(() => {
  forgetTokens();
  connect({ host: "server", baseUrl: "http://desk.example", token: null });
});

it("renews once, however many requests find the token expired", async () => {
  keepTokens(tokens("old", "r1", -1));
  let renewals = 0;
  vi.stubGlobal("fetch", async (input: Request | string) => {
    if (typeof input === "string") {
      renewals += 1;
      return json(200, tokens("new", "r2"));
    }
    return json(input.headers.get("authorization") === "Bearer new" ? 200 : 401, {});
  });
  const answers = await Promise.all([authorizedFetch(ask()), authorizedFetch(ask()), authorizedFetch(ask())]);
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
  expect(renewals).toBe(1);
});

it("repeats a refused request with a fresh token", async () => {
  keepTokens(tokens("stale", "r1"));
  vi.stubGlobal("fetch", async (input: Request | string) => {
    if (typeof input === "string") return json(200, tokens("new", "r2"));
    return json(input.headers.get("authorization") === "Bearer new" ? 200 : 401, { code: "token_expired" });
  });
  expect((await authorizedFetch(ask())).status).toBe(200);
});

it("stays signed in when the server is in trouble, and not when it refuses", async () => {
  keepTokens(tokens("old", "r1", -1));
  vi.stubGlobal("fetch", async () => json(503, { code: "unavailable" }));
  await expect(authorizedFetch(ask())).rejects.toMatchObject({ code: "unavailable" });
  expect(isSignedIn()).toBe(true);
  vi.stubGlobal("fetch", async () => json(401, { code: "session_revoked" }));
  await expect(authorizedFetch(ask())).rejects.toMatchObject({ code: "session_revoked" });
  expect(isSignedIn()).toBe(false);
});

it("says unreachable where nobody answers", async () => {
  keepTokens(tokens("a", "r1"));
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("network")));
  await expect(authorizedFetch(ask())).rejects.toMatchObject({ code: "unreachable" });
});
