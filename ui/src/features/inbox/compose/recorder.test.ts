import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Recording } from "./recorder";

type Port = { onmessage: (message: { data: Float32Array }) => void };
const port: Port = { onmessage: () => undefined };

class Context {
  readonly sampleRate = 2048;
  readonly state = "running";
  get audioWorklet() {
    return { addModule: async () => undefined };
  }
  createMediaStreamSource() {
    return { connect: () => undefined };
  }
  async resume() {}
  async close() {}
}

beforeEach(() => {
  vi.stubGlobal("AudioContext", Context);
  vi.stubGlobal(
    "AudioWorkletNode",
    class {
      readonly port = port;
    },
  );
  const mediaDevices = { getUserMedia: async () => ({ getTracks: () => [{ stop: () => undefined }] }) };
  vi.stubGlobal("navigator", { mediaDevices });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it("what comes after the end is told to nobody: the next recording is counted from its own beginning", async () => {
  const told: number[] = [];
  const recording = await Recording.start({
    onLevel: (_level, seconds) => told.push(seconds),
    onFull: () => undefined,
  });
  const piece = { data: new Float32Array(2048) };
  port.onmessage(piece);
  recording.stop();
  port.onmessage(piece);
  expect(told).toEqual([1]);
});
