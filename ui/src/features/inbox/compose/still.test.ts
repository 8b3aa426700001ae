import { expect, test, vi } from "vitest";
import { lookAt, shrunk, stillOf } from "./still";

test("a still keeps its shape and is no larger than needed", () => {
  expect(shrunk(1920, 1080)).toEqual({ width: 640, height: 360 });
  expect(shrunk(1080, 1920)).toEqual({ width: 360, height: 640 });
  expect(shrunk(320, 200)).toEqual({ width: 320, height: 200 });
  expect(shrunk(10_000, 1)).toEqual({ width: 640, height: 1 });
});

test("it is taken inside of the film", () => {
  expect(lookAt(60)).toBe(0.5);
  expect(lookAt(0.4)).toBe(0.2);
  expect(lookAt(null)).toBe(0);
});

test("a film that cannot be opened has none, and leaves nothing behind", async () => {
  const revoke = vi.fn();
  vi.stubGlobal("URL", { createObjectURL: () => "blob:film", revokeObjectURL: revoke });
  vi.spyOn(HTMLMediaElement.prototype, "load").mockReturnValue();
  const stop = new AbortController();
  const still = stillOf(new Blob(["no film"]), stop.signal);
  stop.abort();
  expect(await still).toBeNull();
  expect(revoke).toHaveBeenCalledWith("blob:film");
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
