import { expect, it } from "vitest";
import { fileSize, playTime } from "./size";

it("says sizes as people do", () => {
  expect(fileSize(1)).toBe("1 byte");
  expect(fileSize(999)).toBe("999 bytes");
  expect(fileSize(240_400)).toBe("235 kB");
  expect(fileSize(1_480_000)).toBe("1.4 MB");
  expect(fileSize(16 * 1024 * 1024)).toBe("16 MB");
});

it("says lengths as people do", () => {
  expect([0, 7, 65, 750, 3723].map(playTime)).toEqual(["0:00", "0:07", "1:05", "12:30", "1:02:03"]);
});
