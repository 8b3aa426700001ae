import { MutationObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { DeskEvent, Message } from "./model";
import { Overtaken } from "./overtaken";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const news = (conversation: string) =>
  ({ name: "message:new", data: { conversation_id: conversation } as Message }) as DeskEvent;

/** A screen that shows one answer, which the test gives when it likes. */
function screen(queryKey: readonly unknown[]) {
  const client = new QueryClient({ defaultOptions: { queries: { networkMode: "always", staleTime: 30_000 } } });
  const asked: ((answer: string) => void)[] = [];
  const seen = new QueryObserver(client, {
    queryKey,
    queryFn: () => new Promise<string>((answer) => asked.push(answer)),
  });
  seen.subscribe(() => undefined);
  const answer = async (words: string) => {
    asked.at(-1)?.(words);
    await vi.advanceTimersByTimeAsync(1_000);
  };
  return { client, overtaken: new Overtaken(client), asked, answer, shown: () => seen.getCurrentResult().data };
}

it("an answer that was under way when news came is asked for once more, and once only", async () => {
  const { overtaken, asked, answer, shown } = screen(["messages", "c"]);
  overtaken.by(news("c"));
  await answer("before the news");
  expect(asked).toHaveLength(2);
  await answer("after the news");
  expect(shown()).toBe("after the news");
  expect(asked).toHaveLength(2);
});

it("another chat's news changes no answer, and neither does news after the answer", async () => {
  const { overtaken, asked, answer } = screen(["messages", "c"]);
  overtaken.by(news("d"));
  await answer("all there is");
  overtaken.by(news("c"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveLength(1);
});

it("what is under way when nobody knows what happened is asked for again too", async () => {
  const { overtaken, asked, answer, shown } = screen(["conversations", { view: "all", q: "" }]);
  overtaken.byAnything();
  await answer("perhaps old");
  await answer("surely new");
  expect(shown()).toBe("surely new");
  overtaken.byAnything();
  await answer("the newest");
  expect(shown()).toBe("the newest");
  expect(asked).toHaveLength(3);
});

it("a file that is there is not fetched again", async () => {
  const { overtaken, asked, answer } = screen(["file", "m", null]);
  await answer("a film");
  overtaken.byAnything();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveLength(1);
});

it("nothing is asked for while what a person does is under way", async () => {
  const { client, overtaken, asked, answer } = screen(["messages", "c"]);
  overtaken.by(news("c"));
  let done = () => undefined as unknown;
  const move = new MutationObserver(client, {
    mutationFn: () =>
      new Promise<void>((resolve) => {
        done = resolve;
      }),
  });
  void move.mutate();
  await answer("before the news");
  expect(asked).toHaveLength(1);
  done();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveLength(2);
});
