// One run's stage for the real window: a network, a desk with its people, and where the programs are.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, Window } from "./webdriver.mjs";

export { pictures } from "./webdriver.mjs";

const bin = process.env.OWNLINE_BIN ?? "";
export const PASSWORD = "correct horse battery";

export function binary(name) {
  const path = join(bin, name);
  if (bin === "" || !existsSync(path)) throw new Error(`${path} is missing: run make test-desktop, or set OWNLINE_BIN`);
  return path;
}

export async function call(base, method, path, body, token) {
  const headers = {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Asks again until the answer is one that is wanted. */
export async function until(what, ask, wanted = Boolean) {
  let seen;
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 100))) {
    seen = await ask();
    if (wanted(seen)) return seen;
  }
  throw new Error(`waited in vain for ${what}; last seen: ${JSON.stringify(seen)}`);
}

/** The web view's own helpers may write a last file a moment after the app has ended. */
export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

export class Stage {
  folder = mkdtempSync(join(tmpdir(), "ownline-desktop-"));
  #windows = [];

  static async set() {
    const stage = new Stage();
    stage.desk = await stage.#program("ownline-server", ["--listen", "127.0.0.1:0", "--data", stage.path("desk")]);
    const network = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--state", stage.path("network")];
    stage.network = await stage.#program("ownline-simulator", network);
    return stage;
  }

  path(name) {
    return join(this.folder, name);
  }

  async #program(name, args) {
    const log = openSync(this.path(`${name}.log`), "a");
    try {
      return await Program.start(binary(name), args, log);
    } finally {
      closeSync(log);
    }
  }

  account(name) {
    const args = ["agent", "create", "--data", this.path("desk"), "--name", name, "--email", emailOf(name), "--role", "agent"];
    const made = spawnSync(binary("ownline-server"), [...args, "--password-stdin"], { input: PASSWORD, encoding: "utf8" });
    if (made.status !== 0) throw new Error(`making ${name}'s account: ${made.stderr}`);
  }

  /** The app's command line on one agent's machine. The key of its store is in the session's keyring. */
  args(name) {
    return ["--data", this.path(name), "--listen", "127.0.0.1:0", "--simulated-network", this.network.ready.ws];
  }

  async window(args) {
    const window = await Window.open(binary("ownline"), args);
    this.#windows.push(window);
    return window;
  }

  /** The bridge inside one agent's app, as its data folder tells. */
  async bridge(name) {
    const { url } = JSON.parse(readFileSync(join(this.path(name), "bridge.json"), "utf8"));
    const token = readFileSync(join(this.path(name), "bridge.token"), "utf8").trim();
    return { url, call: (method, path, body) => call(url, method, path, body, token) };
  }

  control(method, path, body) {
    return call(this.network.ready.control, method, path, body);
  }

  async strike() {
    for (const window of this.#windows) await window.close();
    await this.desk?.end();
    await this.network?.end();
    if (process.env.OWNLINE_KEEP_STAGE === undefined) removeFolder(this.folder);
  }
}

export function emailOf(name) {
  return `${name.toLowerCase()}@desk.example`;
}
