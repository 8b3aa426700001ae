// A simulator of its own for the run: free ports, a folder that is thrown away.
import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const READY_MS = 60_000;
const END_MS = 6_000;

/** The program: named on the command line or in the environment, or in the folder of all programs, else what Cargo built. */
export function findProgram(argument) {
  const named = argument ?? process.env.OWNLINE_SIMULATOR;
  if (named !== undefined) return named;
  if (process.env.OWNLINE_BIN) return join(process.env.OWNLINE_BIN, "ownline-simulator");
  const workspace = fileURLToPath(new URL("../..", import.meta.url));
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--offline", "--format-version", "1"], { cwd: workspace, maxBuffer: 1 << 26 });
  const program = join(JSON.parse(metadata).target_directory, "debug", "ownline-simulator");
  if (!existsSync(program)) throw new Error(`${program} is not built: cargo build -p ownline-simulator`);
  return program;
}

export class Simulator {
  #child = null;
  #log = [];

  constructor(program) {
    this.program = program;
    this.folder = mkdtempSync(join(tmpdir(), "ownline-interop-"));
  }

  /** Starts at free ports, or again at those of the last time. */
  async start() {
    const address = (url) => (url ? new URL(url).host : "127.0.0.1:0");
    const args = ["--listen", address(this.ws), "--control", address(this.control), "--state", join(this.folder, "state")];
    const child = spawn(this.program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    createInterface({ input: child.stderr }).on("line", (line) => this.#log.push(line));
    const line = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the simulator said nothing in time")), READY_MS);
      createInterface({ input: child.stdout }).once("line", (text) => (clearTimeout(timer), resolve(text)));
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the simulator ended with ${code}:\n${this.log()}`)));
    });
    const ready = JSON.parse(line);
    if (ready.ready !== true) throw new Error(`not ready: ${line}`);
    this.ws = ready.ws;
    this.control = ready.control;
  }

  async stop() {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
    await ended;
    clearTimeout(timer);
  }

  async strike() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  log() {
    return this.#log.slice(-60).join("\n");
  }

  async call(method, path, body) {
    const init = { method, headers: {} };
    if (body !== undefined) {
      init.headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const response = await fetch(this.control + path, init);
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`), { status: response.status, answer });
    return answer;
  }

  get(path) {
    return this.call("GET", path);
  }

  post(path, body = {}) {
    return this.call("POST", path, body);
  }

  /** What a customer has from a number, as the customer's own keys decrypt it. */
  async received(customer, from) {
    const messages = await this.get(`/customers/${customer}/messages?with=${from}`);
    return messages.filter((message) => message.direction === "in");
  }
}
