import { expect, it } from "vitest";
import { fullness } from "./meters";

it("warns before a budget is used up", () => {
  expect(fullness({ used: 0, limit: 20 })).toEqual({ share: 0, tone: "ok" });
  expect(fullness({ used: 16, limit: 20 }).tone).toBe("near");
  expect(fullness({ used: 25, limit: 20 })).toEqual({ share: 1, tone: "full" });
  expect(fullness({ used: 0, limit: 0 }).tone).toBe("full");
});
