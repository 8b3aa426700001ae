// What the shell itself promises: one app for each folder, plain words when it cannot start, a closed door to the system.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { binary, pictures, removeFolder, until } from "./stage.mjs";
import { Window } from "./webdriver.mjs";

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "ownline-shell-"));
});
const apps = [];
after(() => {
  for (const child of apps) if (child.exitCode === null) child.kill("SIGKILL");
  removeFolder(folder);
});

const argsOf = (name) => ["--data", join(folder, name), "--listen", "127.0.0.1:0", "--key-file", join(folder, `${name}.key`)];
/** The page is there: until then an address of one's own would only stop it from loading. */
const guarded = async () => {
  const window = await Window.open(binary("ownline"), argsOf("guarded"));
  await window.words("Sign in to your team's desk");
  return window;
};
const serves = (name) => until(`${name}'s bridge`, () => existsSync(join(folder, name, "bridge.json")));

/** The app by itself, and how it ended. */
function start(name) {
  const child = spawn(binary("ownline"), argsOf(name), { stdio: ["ignore", "ignore", "pipe"] });
  apps.push(child);
  let log = "";
  child.stderr.on("data", (data) => {
    log += data;
  });
  return { child, log: () => log, ended: once(child, "exit").then(([code]) => code) };
}

test("t14: the page reaches two commands and no more of the system", async () => {
  const window = await guarded();
  try {
    const invoke = (command, args = {}) =>
      window.run(
        "return window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then(() => 'done', (error) => typeof error === 'string' ? error : error.code)",
        command,
        args,
      );
    assert.equal(await invoke("bridge_connection"), "done");
    for (const [command, args] of [
      ["plugin:window|close", { label: "main" }],
      ["plugin:webview|create_webview_window", { options: { label: "x", url: "https://evil.example" } }],
      ["plugin:notification|notify", { options: { title: "x" } }],
      ["plugin:opener|open_path", { path: "/etc/passwd" }],
      ["plugin:path|resolve_directory", { directory: 1 }],
      ["plugin:event|emit", { event: "open-conversation", payload: "x" }],
    ]) {
      assert.match(await invoke(command, args), /not allowed|not found/, command);
    }
    for (const url of ["file:///etc/passwd", "javascript:alert(1)", "smb://host/share", "https://bank.example@evil.example/"]) {
      assert.equal(await invoke("open_external", { url }), "invalid_request", url);
    }
  } finally {
    await window.close();
  }
});

test("t14: the window neither leaves its page nor takes in another", async () => {
  const window = await guarded();
  try {
    await window.run("location.href = 'http://127.0.0.1:9/'; const f = document.createElement('iframe'); f.src = 'data:text/html,x'; document.body.append(f); open('https://evil.example')");
    const blocked = "return new Promise((r) => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); setTimeout(() => r([location.href, Boolean(window.ran)]), 300) })";
    const [address, ran] = await window.run(blocked);
    assert.match(address, /^tauri:\/\/localhost/);
    assert.equal(ran, false, "an inline script ran");
  } finally {
    await window.close();
  }
});

test("f08: a second start with the same folder leaves it to the first; another folder is another app", async () => {
  const first = start("one");
  await serves("one");
  const second = spawnSync(binary("ownline"), argsOf("one"), { timeout: 60_000 });
  assert.equal(second.status, 0);
  assert.equal(first.child.exitCode, null, "the first goes on");
  const other = start("two");
  await serves("two");
  for (const app of [first, other]) {
    app.child.kill("SIGTERM");
    assert.equal(await app.ended, 0, app.log());
  }
});

test("the window's place is kept with the folder", async () => {
  const app = start("kept");
  await serves("kept");
  // A window that was never shown may have no size yet.
  const shown = () => spawnSync("xdotool", ["search", "--onlyvisible", "--name", "Ownline$"]).status === 0;
  await until("the window", shown);
  app.child.kill("SIGTERM");
  await app.ended;
  const { main } = JSON.parse(readFileSync(join(folder, "kept", "window", "state.json"), "utf8"));
  assert.ok(main.width > 0 && main.height > 0);
});

test("a port in use is told in plain words, and trying again works once it is free", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const address = `127.0.0.1:${squatter.address().port}`;
  const args = ["--data", join(folder, "port"), "--key-file", join(folder, "port.key"), "--listen", address];
  const window = await Window.open(binary("ownline"), args);
  try {
    await window.words("The port is in use by another program");
    await window.screenshot(join(pictures, "port-in-use.png"));
    squatter.close();
    await once(squatter, "close");
    await (await window.button("Try again")).click();
    await window.words("Sign in to your team's desk");
  } finally {
    squatter.close();
    await window.close();
  }
});

test("a key that does not fit is told in plain words, and nothing is touched", async () => {
  const app = start("locked");
  await serves("locked");
  app.child.kill("SIGTERM");
  await app.ended;
  writeFileSync(join(folder, "locked.key"), "00".repeat(32));
  const window = await Window.open(binary("ownline"), argsOf("locked"));
  try {
    await window.words("Ownline could not start its work on this computer");
    await window.screenshot(join(pictures, "wrong-key.png"));
  } finally {
    await window.close();
  }
});

test("without a screen there is one clear line in place of a window", () => {
  const { DISPLAY, WAYLAND_DISPLAY, ...env } = process.env;
  const ended = spawnSync(binary("ownline"), argsOf("blind"), { env, encoding: "utf8", timeout: 60_000 });
  assert.equal(ended.status, 1);
  assert.match(ended.stderr, /no screen .* `ownline-bridge` runs without one/);
});

test("a wrong command line is told with exit code 2", () => {
  const ended = spawnSync(binary("ownline"), ["--no-such-thing"], { encoding: "utf8", timeout: 60_000 });
  assert.equal(ended.status, 2);
  assert.match(ended.stderr, /--no-such-thing/);
});
