import { expect, it } from "vitest";
import { loudness, wav } from "./wav";

const bytes = (blob: Blob) =>
  new Promise<DataView>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(new DataView(reader.result as ArrayBuffer));
    reader.readAsArrayBuffer(blob);
  });

it("writes what players read", async () => {
  const file = await bytes(wav([new Float32Array([0, 1]), new Float32Array([-1, 2])], 48_000));
  const word = (at: number) => String.fromCharCode(...[0, 1, 2, 3].map((i) => file.getUint8(at + i)));
  expect([word(0), word(8), word(36)]).toEqual(["RIFF", "WAVE", "data"]);
  expect([file.byteLength, file.getUint32(4, true), file.getUint32(40, true)]).toEqual([52, 44, 8]);
  expect(file.getUint32(24, true)).toBe(48_000);
  expect([44, 46, 48, 50].map((at) => file.getInt16(at, true))).toEqual([0, 32_767, -32_767, 32_767]);
});

it("hears silence as nothing and shouting as everything", () => {
  expect(loudness(new Float32Array(10))).toBe(0);
  expect(loudness(new Float32Array(10).fill(0.9))).toBe(1);
  expect(loudness(new Float32Array(10).fill(0.05))).toBeGreaterThan(0.3);
});
