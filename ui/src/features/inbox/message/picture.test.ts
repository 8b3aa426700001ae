import { expect, it } from "vitest";
import { fitted } from "./picture";

it("fits pictures into the bubble with their shape", () => {
  expect(fitted(1280, 960)).toEqual({ width: 320, height: 240 });
  expect(fitted(600, 1200)).toEqual({ width: 180, height: 360 });
  expect(fitted(null, null)).toEqual({ width: 320, height: 240 });
});

it("keeps tiny and endless ones large enough to press", () => {
  const { width, height } = fitted(4, 4000);
  expect(width).toBeGreaterThanOrEqual(96);
  expect(height).toBeLessThanOrEqual(360);
  expect(fitted(10, 10)).toEqual({ width: 120, height: 120 });
});
