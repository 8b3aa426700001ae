import { expect, it } from "vitest";
import type { Reaction } from "../../../api/model";
import { chips, oneEmoji } from "./reactions";

const by = (emoji: string, direction: Reaction["direction"]): Reaction => ({ emoji, direction, at: 1 });

it("counts reactions by emoji, the most used first, and knows one's own", () => {
  const shown = chips([by("👍", "inbound"), by("❤️", "outbound"), by("❤️", "inbound"), by("", "inbound")]);
  expect(shown).toEqual([
    { emoji: "❤️", count: 2, own: true },
    { emoji: "👍", count: 1, own: false },
  ]);
});

it("shows one character of whatever a stranger sent for an emoji", () => {
  expect(oneEmoji("👨‍👩‍👧‍👦 and a novel")).toBe("👨‍👩‍👧‍👦");
  expect(oneEmoji("")).toBe("?");
});
