// One run's stage: a WhatsApp network, a desk with its people, and two agents' bridges without a window.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, run } from "./program.ts";

export const PASSWORD = "correct horse battery";

export function emailOf(name: string): string {
  return `${name.toLowerCase()}@desk.example`;
}

async function call<T>(base: string, method: string, path: string, body?: unknown, token?: string): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(base + path, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === "" ? null : JSON.parse(text)) as T;
}

/** An agent's bridge, as the agent's own machine runs it. */
export class Machine {
  readonly name: string;
  readonly program: Program;
  private readonly data: string;

  constructor(name: string, program: Program, data: string) {
    this.name = name;
    this.program = program;
    this.data = data;
  }

  /** A fresh address that opens this bridge's screen in a browser, once. */
  link(): string {
    return run("ownline-bridge", ["browser-link", "--data", this.data], "").trim();
  }

  /** The code that the screen draws. */
  async code(): Promise<string> {
    return (await this.ask<{ code: string }>("GET", "/qr")).code;
  }

  /** Asks the bridge, as its window does. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const token = readFileSync(join(this.data, "bridge.token"), "utf8").trim();
    return call<T>(this.program.text("url"), method, path, body, token);
  }
}

/** A message as a transcript of the simulated network shows it. */
export interface Line {
  id: string;
  kind: string;
  text: string | null;
  direction: "in" | "out";
  edited?: boolean;
  revoked?: boolean;
  reactions?: { emoji: string; from: string }[];
  quote?: { id: string; text?: string };
  media?: { kind: string; file_name?: string; fetched?: { state: string }; waveform?: number[]; seconds?: number };
  location?: { latitude: number; longitude: number };
  contacts?: { name: string }[];
  contact?: { name: string };
}

/** A customer's WhatsApp. */
export class Customer {
  readonly number: string;
  private readonly control: string;

  constructor(number: string, control: string) {
    this.number = number;
    this.control = control;
  }

  async writes(to: string, text: string): Promise<string> {
    return this.sends(to, { text });
  }

  /** Sends anything, such as `{ media: { kind: "image", generated: {} } }`, and says under which id. */
  async sends(to: string, content: Record<string, unknown>): Promise<string> {
    const path = `/customers/${this.number}/messages`;
    return (await call<{ id: string }>(this.control, "POST", path, { to, ...content })).id;
  }

  async types(to: string): Promise<void> {
    await call(this.control, "POST", `/customers/${this.number}/typing`, { to, state: "composing" });
  }

  /** Chooses a profile picture of two colours, which a seed chooses. */
  async showsPicture(seed: number): Promise<void> {
    await call(this.control, "PUT", `/customers/${this.number}/picture`, { seed });
  }

  async hidesPicture(): Promise<void> {
    await call(this.control, "DELETE", `/customers/${this.number}/picture`);
  }

  async chat(other: string): Promise<Line[]> {
    return call<Line[]>(this.control, "GET", `/customers/${this.number}/messages?with=${other}`);
  }

  async received(from: string): Promise<Line[]> {
    return (await this.chat(from)).filter((message) => message.direction === "in");
  }

  async reads(from: string): Promise<void> {
    const ids = (await this.received(from)).map((message) => message.id);
    await call(this.control, "POST", `/customers/${this.number}/read`, { to: from, ids });
  }
}

export class Stage {
  readonly desk: Program;
  private readonly network: Program;
  private readonly machines: Machine[] = [];
  private readonly folder: string;

  private constructor(folder: string, desk: Program, network: Program) {
    this.folder = folder;
    this.desk = desk;
    this.network = network;
  }

  static async set(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "ownline-e2e-"));
    const [desk, network] = await Promise.all([
      Program.start("ownline-server", deskArgs(folder, 0), join(folder, "desk.log")),
      Program.start(
        "ownline-simulator",
        ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--state", join(folder, "network")],
        join(folder, "network.log"),
      ),
    ]);
    return new Stage(folder, desk, network);
  }

  get deskUrl(): string {
    return this.desk.text("url");
  }

  get control(): string {
    return this.network.text("control");
  }

  account(name: string, role: "agent" | "supervisor" | "admin"): void {
    const who = ["--data", join(this.folder, "desk"), "--name", name, "--email", emailOf(name), "--password-stdin"];
    const args = role === "admin" ? ["admin", "create", ...who] : ["agent", "create", ...who, "--role", role];
    run("ownline-server", args, PASSWORD);
  }

  /** `rules`: sending rules in place of the usual ones, such as `{ warm_up_ms: 0 }` for a number that is no newcomer. */
  async machine(name: string, rules: Record<string, number> = {}): Promise<Machine> {
    const data = join(this.folder, name);
    const args = ["--listen", "127.0.0.1:0", "--data", data, "--key-file", join(this.folder, `${name}.key`)];
    args.push("--simulated-network", this.network.text("ws"));
    if (Object.keys(rules).length > 0) args.push("--sending-rules", JSON.stringify(rules));
    const program = await Program.start("ownline-bridge", args, join(this.folder, `${name}.log`));
    const machine = new Machine(name, program, data);
    this.machines.push(machine);
    return machine;
  }

  async phone(number: string, name: string, more: { passkey?: boolean } = {}): Promise<void> {
    await call(this.control, "POST", "/phones", { number, name, ...more });
  }

  async scan(number: string, qr: string): Promise<void> {
    await call(this.control, "POST", `/phones/${number}/scan`, { qr });
  }

  /** The code on the screen is typed on the phone. */
  async enterCode(number: string, code: string): Promise<void> {
    await call(this.control, "POST", `/phones/${number}/enter-code`, { code });
  }

  /** What the passkey of the account says, as the owner's browser would give it. */
  async assertPasskey(request: unknown): Promise<unknown> {
    return call(this.control, "POST", "/passkeys/assert", { request });
  }

  /** The phone's owner archives, pins or mutes a chat, such as `{ archived: true }`. */
  async keeps(number: string, other: string, how: Record<string, unknown>): Promise<void> {
    await call(this.control, "POST", `/phones/${number}/chats/${other}`, how);
  }

  /** The phone's owner ends the link on the phone. */
  async logOut(number: string): Promise<void> {
    await call(this.control, "POST", `/phones/${number}/logout`, {});
  }

  /** A disturbance of the network, such as `{ refuse: { code: 463, times: 1 } }`. */
  async disturb(fault: Record<string, unknown>): Promise<void> {
    await call(this.control, "POST", "/faults", fault);
  }

  async customer(number: string, name: string): Promise<Customer> {
    await call(this.control, "POST", "/customers", { number, name });
    return new Customer(number, this.control);
  }

  /** A group of people, owned by the first; says what WhatsApp calls it. */
  async group(subject: string, [owner, ...members]: string[]): Promise<string> {
    return (await call<{ id: string }>(this.control, "POST", "/groups", { subject, owner, members })).id;
  }

  /** An admin changes the group, such as `{ announce_only: true }`. */
  async changeGroup(group: string, change: Record<string, unknown>): Promise<void> {
    await call(this.control, "POST", `/groups/${group}`, change);
  }

  /** An admin takes people in or out, such as `{ remove: [number] }`. */
  async changeMembers(group: string, change: Record<string, string[]>): Promise<void> {
    await call(this.control, "POST", `/groups/${group}/members`, change);
  }

  /** So many new customers write one message each. */
  async load(to: string, customers: number): Promise<void> {
    await call(this.control, "POST", "/load", { to, customers, messages: customers });
  }

  async deskGoesDown(): Promise<void> {
    await this.desk.end("SIGKILL");
  }

  /** The desk comes back at the same address. */
  async deskComesBack(): Promise<void> {
    await this.desk.startAgain(deskArgs(this.folder, Number(new URL(this.deskUrl).port)));
  }

  async strike(): Promise<void> {
    await Promise.all([...this.machines.map((machine) => machine.program), this.desk, this.network].map((p) => p.end()));
    if (process.env.OWNLINE_KEEP_STAGE === undefined) rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

function deskArgs(folder: string, port: number): string[] {
  return ["--listen", `127.0.0.1:${port}`, "--data", join(folder, "desk")];
}
