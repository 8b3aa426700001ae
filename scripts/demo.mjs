// Starts a server, a simulated WhatsApp and two agents' apps in a private folder, with people to play with, and ends all
// of it together. scripts/demo builds first and then runs this.
//
//   OWNLINE_BIN   folder of the programs
//   HEADLESS      when set: bridges for a browser in place of windows
//   OWNLINE_OPEN  the program that opens the simulator's page (xdg-open, open); empty: none
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const bin = process.env.OWNLINE_BIN ?? "";
const headless = Boolean(process.env.HEADLESS);
const folder = mkdtempSync(join(tmpdir(), "ownline-demo-"));

const password = "welcome to ownline";
const people = [
  { name: "Vera Lima", role: "admin" },
  { name: "Sam Otieno", role: "supervisor" },
  { name: "Ana Moura", role: "agent", number: "5511988887777" },
  { name: "Bruno Costa", role: "agent", number: "5511977776666" },
];
const customers = [
  { number: "5511912345678", name: "Joana Silva" },
  { number: "905321234567", name: "Mehmet Kaya" },
  { number: "51987654321", name: "Rosa Paredes" },
];
const first = (person) => person.name.split(" ")[0];
const email = (person) => `${first(person).toLowerCase()}@demo.example`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Everything that runs, to be ended in reverse. */
const running = [];
let ending = false;

function start(program, args, label) {
  const log = join(folder, `${label}.log`);
  const descriptor = openSync(log, "a");
  // A group of its own: Ctrl-C comes through us, so that all end in order.
  const child = spawn(join(bin, program), args, { stdio: ["ignore", "pipe", descriptor], detached: true });
  closeSync(descriptor);
  const started = { label, log, child, ended: new Promise((resolve) => child.once("exit", resolve).once("error", resolve)) };
  running.push(started);
  return started;
}

/** Starts a program that prints one line of JSON when it serves. */
async function serve(program, args, label) {
  const started = start(program, args, label);
  const line = once(createInterface({ input: started.child.stdout }), "line").then(([text]) => JSON.parse(text));
  started.ready = await Promise.race([
    line,
    started.ended.then(() => {
      throw new Error(`${label} did not start: ${lastWords(started)}`);
    }),
  ]);
  return started;
}

/** The end of a log, in place of a guess. */
function lastWords({ log }) {
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").slice(-3).join("\n") : "it left no log";
}

async function call(base, method, path, body, token) {
  const headers = {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  const value = text === "" ? null : JSON.parse(text);
  if (!answer.ok) throw Object.assign(new Error(`${method} ${path}: ${value?.code}: ${value?.detail ?? value?.title}`), { code: value?.code });
  return value;
}

function makeAccount(person, data) {
  const kind = person.role === "admin" ? ["admin", "create"] : ["agent", "create", "--role", person.role];
  const args = [...kind, "--data", data, "--name", person.name, "--email", email(person), "--password-stdin"];
  const made = spawnSync(join(bin, "ownline-server"), args, { input: password, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`making ${person.name}'s account: ${made.stderr || made.stdout || made.error}`);
}

/** An agent's app; its bridge says in its data folder where it is. */
async function openApp(person, network) {
  const data = join(folder, first(person).toLowerCase());
  // A key file, so that nothing stays in the user's own keyring when the folder is gone.
  const args = ["--data", data, "--key-file", join(folder, `${first(person).toLowerCase()}.key`), "--simulated-network", network];
  const label = `${first(person)}'s app`;
  if (headless) {
    const app = await serve("ownline-bridge", ["--listen", "127.0.0.1:0", ...args], label);
    return { ...person, app, data, url: app.ready.url, token: readFileSync(join(data, "bridge.token"), "utf8").trim() };
  }
  const app = start("ownline", args, label);
  const found = join(data, "bridge.json");
  for (const deadline = Date.now() + 60_000; ; await pause(100)) {
    if (app.child.exitCode !== null) throw new Error(`${label} did not start: ${lastWords(app)}`);
    if (Date.now() > deadline) throw new Error(`${label} did not start its bridge: ${lastWords(app)}`);
    if (!existsSync(found) || !existsSync(join(data, "bridge.token"))) continue;
    const { url } = JSON.parse(readFileSync(found, "utf8"));
    const open = await fetch(`${url}/health`).then((answer) => answer.ok, () => false);
    if (open) return { ...person, app, data, url, token: readFileSync(join(data, "bridge.token"), "utf8").trim() };
  }
}

/** Whatever code an app has on its screen is offered on the simulator's page, to be scanned with one click. */
async function offerCodes(agent, control) {
  for (let offered = null; !ending; await pause(700)) {
    const code = await call(agent.url, "GET", "/qr", undefined, agent.token).then((qr) => qr.code, () => null);
    if (code !== null && code !== offered) {
      await call(control, "POST", "/offered-codes", { code, label: `${first(agent)}'s screen` }).catch(() => {});
    }
    offered = code;
  }
}

function browserLink(agent) {
  const made = spawnSync(join(bin, "ownline-bridge"), ["browser-link", "--data", agent.data], { encoding: "utf8" });
  return made.status === 0 ? made.stdout.trim() : `not available: ${made.stderr.trim()}`;
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join("   ")}`.trimEnd()).join("\n");
}

const plus = (number) => (number ? `+${number}` : "");

function tell(desk, control, agents) {
  const where = (person) => {
    const agent = agents.find((one) => one.name === person.name);
    return agent === undefined ? desk : headless ? browserLink(agent) : "its own window";
  };
  const rows = [["who", "role", "e-mail", "password", "WhatsApp", "where"]];
  for (const person of people) rows.push([person.name, person.role, email(person), password, plus(person.number), where(person)]);
  console.log(`\n${table(rows)}\n`);
  console.log(table([["the team's server", desk], ["simulated phones and customers", control], ["customers", customers.map((one) => `${one.name} +${one.number}`).join(", ")], ["logs and data", folder]]));
  console.log(`
  Ana and Bruno are signed in. In each app: choose “Work number”, agree, and a QR code appears.
  On the page of simulated phones press “Scan the one on screen” beside it. Then let a customer write.`);
  if (headless) console.log("  The agents' addresses work once. Press Enter for new ones.");
  console.log("  Ctrl-C ends everything.\n");
}

function openPage(address) {
  const opener = process.env.OWNLINE_OPEN ?? (process.platform === "darwin" ? "open" : "xdg-open");
  if (headless || opener === "") return;
  spawn(opener, [address], { stdio: "ignore", detached: true }).once("error", () => {}).unref();
}

async function end(code) {
  if (ending) return;
  ending = true;
  // Whoever was started last ends first, so that nobody misses somebody.
  for (const { child, ended } of running.reverse()) {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 7_000);
      await ended;
      clearTimeout(patience);
    }
  }
  // The web views' own helpers may write a last file a moment after their app has ended.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  process.exit(code);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    console.log("\nEnding");
    end(0);
  });
}

try {
  if (!existsSync(join(bin, "ownline-server"))) throw new Error("the programs are not built: run make demo");
  const data = join(folder, "server");
  const [server, network] = await Promise.all([
    serve("ownline-server", ["--listen", "127.0.0.1:0", "--data", data], "the server"),
    serve("ownline-simulator", ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--state", join(folder, "network")], "the simulator"),
  ]);
  const desk = server.ready.url;
  const { ws, control } = network.ready;
  for (const person of people) makeAccount(person, data);
  // The page shows the newest first.
  for (const { name, number } of people.filter((one) => one.number).toReversed()) await call(control, "POST", "/phones", { number, name });
  for (const customer of customers.toReversed()) await call(control, "POST", "/customers", customer);

  const agents = [];
  for (const person of people.filter((one) => one.role === "agent")) {
    const agent = await openApp(person, ws);
    await call(agent.url, "POST", "/server/sign-in", { url: desk, email: email(agent), password }, agent.token);
    offerCodes(agent, control);
    agents.push(agent);
  }
  tell(desk, control, agents);
  openPage(control);
  if (headless) createInterface({ input: process.stdin }).on("line", () => tell(desk, control, agents));

  for (const started of running) {
    started.ended.then((code) => {
      if (ending) return;
      console.error(`${started.label} has ended (${code}).${code === 0 ? "" : ` Its last words:\n${lastWords(started)}`}`);
      // Windows may be closed one by one; without the server or the network there is no demo.
      if (started === server || started === network || agents.every(({ app }) => app.child.exitCode !== null)) end(code === 0 ? 0 : 1);
    });
  }
} catch (error) {
  console.error(`The demo did not start: ${error.message}`);
  await end(1);
}
