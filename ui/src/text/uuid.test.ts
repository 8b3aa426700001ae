import { expect, it } from "vitest";
import { uuidv7 } from "./uuid";

it("carries the time in front and says its version", () => {
  const id = uuidv7(0x0190b0001234, new Uint8Array(10).fill(0xff));
  expect(id).toBe("0190b000-1234-7fff-bfff-ffffffffffff");
});

it("sorts by time", () => {
  expect(uuidv7(1_000) < uuidv7(2_000)).toBe(true);
});
