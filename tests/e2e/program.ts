// The real programs, each a process in a folder of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Where Cargo put the binaries; `make test` says so. */
const folder = process.env.OWNLINE_BIN ?? "";

export function binary(name: string): string {
  const path = join(folder, name);
  if (folder === "" || !existsSync(path)) throw new Error(`${path} is missing: run make test, or set OWNLINE_BIN`);
  return path;
}

/** Runs a program to its end; fails when it does. */
export function run(name: string, args: string[], input: string): string {
  const ended = spawnSync(binary(name), args, { input, encoding: "utf8" });
  if (ended.status !== 0) throw new Error(`${name} ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

export class Program {
  ready: Record<string, string> = {};
  private child: ChildProcess | null = null;
  private readonly name: string;
  private readonly log: string;

  private constructor(name: string, log: string) {
    this.name = name;
    this.log = log;
  }

  static async start(name: string, args: string[], log: string): Promise<Program> {
    const program = new Program(name, log);
    await program.startAgain(args);
    return program;
  }

  async startAgain(args: string[]): Promise<void> {
    const child = spawn(binary(this.name), args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    child.stderr?.pipe(createWriteStream(this.log, { flags: "a" }));
    if (child.stdout === null) throw new Error("no standard output");
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`${this.name} ended with ${code}; see ${this.log}`);
    });
    const first = once(lines, "line") as Promise<[string]>;
    const [line] = await Promise.race([first, ended]);
    ended.catch(() => {});
    this.ready = JSON.parse(line) as Record<string, string>;
  }

  /** A text of the ready line. */
  text(key: string): string {
    const value = this.ready[key];
    if (typeof value !== "string") throw new Error(`${this.name}: no ${key} in ${JSON.stringify(this.ready)}`);
    return value;
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
}
