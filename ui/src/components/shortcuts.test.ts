import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useShortcuts } from "./shortcuts";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const write = vi.fn();
let root: Root;

function Keys() {
  useShortcuts({ Enter: write, a: write });
  return createElement("div", null, createElement("button", { type: "button" }, "Take"), createElement("textarea"));
}

beforeEach(() => {
  write.mockReset();
  const box = document.body.appendChild(document.createElement("div"));
  root = createRoot(box);
  act(() => root.render(createElement(Keys)));
});
afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
});

/** Whether the key was left to the page. */
function press(where: Element | null, key: string): boolean {
  if (!where) throw new Error("nothing to press on");
  return where.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

it("leaves Enter to the button that has the focus", () => {
  expect(press(document.querySelector("button"), "Enter")).toBe(true);
  expect(write).not.toHaveBeenCalled();
});

it("takes Enter where it would press nothing, and letters also on a button", () => {
  expect(press(document.body, "Enter")).toBe(false);
  expect(press(document.querySelector("button"), "a")).toBe(false);
  expect(write).toHaveBeenCalledTimes(2);
});

it("rests while someone writes", () => {
  expect(press(document.querySelector("textarea"), "a")).toBe(true);
  expect(write).not.toHaveBeenCalled();
});
