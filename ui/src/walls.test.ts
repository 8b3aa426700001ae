// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

// Who may know whom: features know api, components, platform, text and words, never each other; only platform knows the
// desktop shell.

const root = import.meta.dirname;

function imports(): { file: string; target: string }[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(?<!\.schema)\.tsx?$/.test(file),
  );
  return files.flatMap((file) => {
    const found = readFileSync(join(root, file), "utf8").matchAll(/from "([^"]+)"/g);
    return [...found].map((match) => {
      const name = match[1] ?? "";
      return { file, target: name.startsWith(".") ? relative(root, join(root, dirname(file), name)) : name };
    });
  });
}

const layer = (path: string) => path.split("/")[0] ?? "";
const feature = (path: string) => (layer(path) === "features" ? path.split("/")[1] : null);

it("keeps features apart", () => {
  const wrong = imports().filter(
    ({ file, target }) => feature(file) && feature(target) && feature(file) !== feature(target),
  );
  expect(wrong).toEqual([]);
});

it("lets nothing below know what stands above", () => {
  const below = new Set(["api", "components", "platform", "text", "i18n"]);
  const wrong = imports().filter(
    ({ file, target }) => below.has(layer(file)) && ["features", "app"].includes(layer(target)),
  );
  expect(wrong).toEqual([]);
});

it("lets only platform know the desktop shell", () => {
  const wrong = imports().filter(({ file, target }) => target.startsWith("@tauri-apps/") && layer(file) !== "platform");
  expect(wrong).toEqual([]);
  expect(imports().some(({ target }) => target.startsWith("@tauri-apps/"))).toBe(true);
});
