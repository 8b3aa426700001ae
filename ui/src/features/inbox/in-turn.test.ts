import { expect, it } from "vitest";
import { inTurn } from "./in-turn";

function gate(): { open: () => void; passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

it("lets one chat's sends go one after the other, and others' go on", async () => {
  const said: string[] = [];
  const slow = gate();
  const first = inTurn("chat", async () => {
    await slow.passed;
    said.push("first");
  });
  const second = inTurn("chat", async () => {
    said.push("second");
  });
  await inTurn("another", async () => {
    said.push("another");
  });
  expect(said).toEqual(["another"]);
  slow.open();
  await Promise.all([first, second]);
  expect(said).toEqual(["another", "first", "second"]);
});

it("goes on after a send that failed", async () => {
  const lost = inTurn("chat", () => Promise.reject(new Error("lost")));
  const next = inTurn("chat", async () => undefined);
  await expect(lost).rejects.toThrow("lost");
  await expect(next).resolves.toBeUndefined();
});
