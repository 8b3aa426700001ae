import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connect } from "./access";
import { Realtime } from "./realtime";

/** A host that answers when it is told to. */
class Host {
  static last: Host;
  readonly heard: { type: string; room?: string }[] = [];
  onopen = () => undefined;
  onmessage = (_message: { data: string }) => undefined;
  onclose = (_closed: { code: number }) => undefined;
  constructor() {
    Host.last = this;
  }
  send(text: string): void {
    this.heard.push(JSON.parse(text) as { type: string });
  }
  close(): void {
    this.onclose({ code: 1000 });
  }
  says(type: string): void {
    this.onmessage({ data: JSON.stringify({ type }) });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Host);
  connect({ host: "bridge", baseUrl: "", token: "t" });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("what happened between the first answers and the entry into the rooms is asked for", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { networkMode: "always", staleTime: 30_000 } } });
  let there = "nothing";
  const seen = new QueryObserver(client, { queryKey: ["conversations"], queryFn: async () => there });
  seen.subscribe(() => undefined);
  const realtime = new Realtime(client);
  realtime.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.getCurrentResult().data).toBe("nothing");
  // Nobody hears of this: the screen is in no room yet.
  there = "a customer";
  Host.last.onopen();
  Host.last.says("welcome");
  expect(Host.last.heard.map((frame) => frame.room ?? frame.type)).toEqual(["hello", "desk", "ping"]);
  Host.last.says("pong");
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.getCurrentResult().data).toBe("a customer");
  realtime.stop();
});
