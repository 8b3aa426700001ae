import { expect, it } from "vitest";
import type { Message } from "../../../api/model";
import { isLess, seen } from "./seen";

const words = [
  { id: "a", kind: "text", text: "secret", details: { reply_to: { preview: "secret too" } } },
  {
    id: "b",
    kind: "document",
    text: "secret",
    details: { content: { type: "file", file_name: "secret.pdf", size: 1, mime: "x", state: { at: "here" } } },
  },
] as unknown as Message[];

it("shows nothing of private chats and no words of metadata ones", () => {
  expect(seen(words, "private", "shared", false)).toEqual([]);
  const told = seen(words, "metadata", "shared", false);
  expect(told.map((message) => message.kind)).toEqual(["text", "document"]);
  expect(JSON.stringify(told)).not.toContain("secret");
});

it("shares what was said before only where that is wished", () => {
  expect(seen(words, "shared", "private", false)).toEqual([]);
  expect(seen(words, "shared", "private", true)).toEqual(words);
  expect(JSON.stringify(seen(words, "shared", "metadata", false))).not.toContain("secret");
});

it("knows less from more", () => {
  expect(isLess("private", "metadata")).toBe(true);
  expect(isLess("shared", "shared")).toBe(false);
});
