import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { applyAnswer, applyMessage } from "./cache";
import type { Message } from "./model";
import { messagesQuery } from "./queries";

const written: Message = {
  id: "m",
  conversation_id: "c",
  channel_id: "n",
  wa_id: "3EB0",
  direction: "outbound",
  origin: "desk",
  kind: "text",
  text: "hello",
  status: "queued",
  position: 1,
  at: 1,
};
const held: Message = { ...written, details: { hold: { code: "warm_up", detail: "", until: 9 } } };

function screen(...items: Message[]) {
  const client = new QueryClient();
  const { queryKey } = messagesQuery("c");
  client.setQueryData(queryKey, { pages: [{ items }], pageParams: [null] });
  return { client, shown: () => client.getQueryData(queryKey)?.pages[0]?.items };
}

it("an answer that news has overtaken changes nothing", () => {
  const { client, shown } = screen();
  applyMessage(client, held);
  applyAnswer(client, written);
  expect(shown()).toEqual([held]);
});

it("an answer stands where nothing was known, and where what was shown still stands", () => {
  const { client, shown } = screen();
  applyAnswer(client, written);
  expect(shown()).toEqual([written]);
  const guess: Message = { ...written, status: "failed" };
  applyMessage(client, guess);
  const told: Message = { ...guess, failure: { code: "cancelled", detail: "", retryable: false } };
  applyAnswer(client, told, guess);
  expect(shown()).toEqual([told]);
});
