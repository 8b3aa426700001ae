import { expect, it } from "vitest";
import type { Message } from "../../api/model";
import { withOwnReaction } from "./use-amend";

const message = {
  details: {
    reactions: [
      { emoji: "👍", direction: "inbound", at: 1 },
      { emoji: "❤️", direction: "outbound", at: 2 },
    ],
  },
} as Message;

it("replaces one's own reaction and keeps the customer's", () => {
  expect(withOwnReaction(message, "🙏", "me", 3).map((one) => one.emoji)).toEqual(["👍", "🙏"]);
});

it("takes one's own back", () => {
  expect(withOwnReaction(message, "", "me", 3).map((one) => one.emoji)).toEqual(["👍"]);
});
