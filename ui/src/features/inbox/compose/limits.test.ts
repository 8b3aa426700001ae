import { expect, it } from "vitest";
import { fitsAsDocument, tooLarge } from "./limits";

const MB = 1024 * 1024;

it("knows how much of each kind WhatsApp takes", () => {
  expect(tooLarge({ type: "image/jpeg", size: 16 * MB })).toBe(false);
  expect(tooLarge({ type: "image/jpeg", size: 16 * MB + 1 })).toBe(true);
  expect(tooLarge({ type: "application/pdf", size: 100 * MB })).toBe(false);
  expect(tooLarge({ type: "", size: 100 * MB + 1 })).toBe(true);
});

it("knows what still fits as a document", () => {
  expect(fitsAsDocument({ type: "video/mp4", size: 80 * MB })).toBe(true);
  expect(fitsAsDocument({ type: "video/mp4", size: 120 * MB })).toBe(false);
  expect(fitsAsDocument({ type: "image/png", size: MB })).toBe(false);
});
