import { expect, it } from "vitest";
import { bars } from "./sound";

it("draws as many bars as asked, whatever it was given", () => {
  expect(bars([], 4)).toEqual([14, 14, 14, 14]);
  expect(bars([0, 50, 100, 250], 4)).toEqual([8, 50, 100, 100]);
  expect(bars([0, 90, 10, 20], 2)).toEqual([90, 20]);
  expect(bars([40], 3)).toEqual([40, 40, 40]);
});
