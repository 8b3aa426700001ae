// A small WebDriver client for the real window: WebKitWebDriver starts the app and speaks for a person in front of it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const FIND_WITHIN = 60_000;

/** Where a run leaves what it saw. */
export const pictures = join(import.meta.dirname, "../../artifacts/desktop");

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The driver, and through it one window of the app. */
export class Window {
  #driver;
  #base;
  #session;

  /** Starts the app with these arguments and waits for its window. */
  static async open(binary, args) {
    const window = new Window();
    // Now and then somebody takes the port in the moment between: the driver ends at once, and another one is free.
    for (let left = 5; !(await window.#serves()); left -= 1) if (left === 0) throw new Error("WebKitWebDriver ends at once");
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary, args } } };
    const { sessionId } = await window.#call("POST", "/session", { capabilities });
    window.#session = `/session/${sessionId}`;
    return window;
  }

  async #startDriver() {
    const port = await freePort();
    mkdirSync(pictures, { recursive: true });
    const log = openSync(join(pictures, "windows.log"), "a");
    this.#driver = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
      stdio: ["ignore", "ignore", log],
      env: { ...process.env, TAURI_WEBVIEW_AUTOMATION: "true" },
    });
    closeSync(log);
    await once(this.#driver, "spawn");
    this.#base = `http://127.0.0.1:${port}`;
  }

  /** Starts the driver and waits until it answers, for it says nothing by itself. False: it has ended. */
  async #serves() {
    await this.#startDriver();
    for (const deadline = Date.now() + 60_000; ; ) {
      try {
        await this.#call("GET", "/status");
        return true;
      } catch (error) {
        if (this.#ended()) return false;
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #call(method, path, body, within) {
    const answer = await fetch(this.#base + path, {
      method,
      ...(within === undefined ? {} : { signal: AbortSignal.timeout(within) }),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(`${method} ${path}: ${value?.error}: ${value?.message}`), { code: value?.error });
    return value;
  }

  /** Runs a function's body in the page. */
  run(script, ...args) {
    return this.#call("POST", `${this.#session}/execute/sync`, { script, args });
  }

  /** The first visible element that an XPath finds, waited for. */
  async find(xpath, what = xpath) {
    const body = { using: "xpath", value: xpath };
    for (const deadline = Date.now() + FIND_WITHIN; ; ) {
      for (const found of await this.#call("POST", `${this.#session}/elements`, body).catch(passing)) {
        const element = new Element(this, found, () => this.find(xpath, what));
        if (await element.isShown().catch(() => false)) return element;
      }
      if (Date.now() > deadline) throw new Error(`not on the screen within ${FIND_WITHIN / 1000} s: ${what}\n${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** By the text of its label, as a person would. */
  field(label) {
    const text = literal(label);
    return this.find(
      `//*[self::input or self::textarea][@aria-label=${text} or @id=//label[normalize-space()=${text}]/@for or ancestor::label[starts-with(normalize-space(), ${text})]]`,
      `a field “${label}”`,
    );
  }

  button(name) {
    const text = literal(name);
    return this.find(
      `//*[self::button or @role="button" or @role="menuitem"][not(@disabled)][normalize-space()=${text} or @aria-label=${text}]`,
      `a button “${name}”`,
    );
  }

  /** Any element whose own text contains this. */
  words(text) {
    return this.find(`//*[text()[contains(normalize-space(), ${literal(text)})]]`, `“${text}”`);
  }

  /** What the page reads like. */
  text() {
    return this.run("return document.body.innerText");
  }

  on(element, method, path, body) {
    return this.#call(method, `${this.#session}/element/${element[ELEMENT]}${path}`, body);
  }

  async screenshot(path) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.from(await this.#call("GET", `${this.#session}/screenshot`), "base64"));
  }

  #ended() {
    return this.#driver.exitCode !== null || this.#driver.signalCode !== null;
  }

  async close() {
    const apps = this.#ended() ? [] : childrenOf(this.#driver.pid);
    // The driver takes the page away, and now and then the window does not hear of it, nor the driver of the window's end:
    // nobody waits for that, and the app is asked in its own way too.
    if (this.#session) await this.#call("DELETE", this.#session, undefined, 10_000).catch(() => {});
    for (const app of apps) if (runs(app)) process.kill(app, "SIGTERM");
    if (!this.#ended()) {
      const ended = once(this.#driver, "exit");
      this.#driver.kill("SIGTERM");
      await ended;
    }
    // Only then does its folder belong to nobody.
    for (const app of apps) while (runs(app)) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function childrenOf(process) {
  const threads = `/proc/${process}/task`;
  const found = readdirSync(threads).flatMap((thread) => {
    try {
      return readFileSync(`${threads}/${thread}/children`, "utf8").split(" ");
    } catch {
      // A thread that has ended meanwhile.
      return [];
    }
  });
  return found.filter(Boolean).map(Number);
}

/** Whether a process is there and has not ended. */
function runs(process) {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${process}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** What a page that is being drawn anew, or loaded, answers for a moment. */
const PASSING = new Set(["stale element reference", "element not interactable", "element click intercepted", "javascript error", "unknown error"]);

function passing(error) {
  if (!PASSING.has(error.code)) throw error;
  return [];
}

class Element {
  #again;

  constructor(window, reference, again) {
    this.window = window;
    this.reference = reference;
    this.#again = again;
  }

  /** Does something to the element, or to the one that has taken its place meanwhile. None of these errors did anything. */
  async #act(...request) {
    for (const deadline = Date.now() + FIND_WITHIN; ; ) {
      try {
        return await this.window.on(this.reference, ...request);
      } catch (error) {
        if (Date.now() > deadline || error.code === "unknown error") throw error;
        passing(error);
        await new Promise((resolve) => setTimeout(resolve, 100));
        this.reference = (await this.#again()).reference;
      }
    }
  }

  isShown() {
    return this.window.run(
      "const e = arguments[0]; const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility === 'visible'",
      this.reference,
    );
  }

  click() {
    return this.#act("POST", "/click", {});
  }

  text() {
    return this.#act("GET", "/text");
  }

  async type(text) {
    await this.#act("POST", "/clear", {});
    await this.#act("POST", "/value", { text });
  }

  press(keys) {
    return this.#act("POST", "/value", { text: keys });
  }
}

/** A text as XPath writes it, whatever quotes are in it. */
function literal(text) {
  return text.includes("'") ? `concat(${text.split("'").map((part) => `'${part}'`).join(`, "'", `)})` : `'${text}'`;
}

/** A program that prints its ready line. */
export class Program {
  static async start(binary, args, log) {
    const program = new Program();
    program.child = spawn(binary, args, { stdio: ["ignore", "pipe", log] });
    program.ended = once(program.child, "exit");
    const first = once(createInterface({ input: program.child.stdout }), "line");
    const ended = program.ended.then(([code]) => {
      throw new Error(`${binary} ended with ${code}`);
    });
    ended.catch(() => {});
    const [line] = await Promise.race([first, ended]);
    program.ready = JSON.parse(line);
    return program;
  }

  async end() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGTERM");
    await this.ended;
  }
}
