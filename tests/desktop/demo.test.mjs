// What `make demo` promises once everything is built: people to play with, codes one click away, and nothing left behind.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { call, until } from "./stage.mjs";

const script = join(import.meta.dirname, "../../scripts/demo.mjs");
const started = [];
after(() => {
  for (const demo of started) if (demo.exitCode === null) demo.kill("SIGTERM");
});

async function play(env) {
  const demo = spawn("node", [script], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, OWNLINE_OPEN: "", ...env } });
  started.push(demo);
  let text = "";
  demo.stdout.on("data", (data) => {
    text += data;
  });
  await until("the table", () => demo.exitCode !== null || text.includes("Ctrl-C ends everything"));
  assert.equal(demo.exitCode, null, text);
  const told = (what) => text.match(new RegExp(`${what}\\s+(\\S+)`))[1];
  return { demo, text: () => text, desk: told("the team's server"), control: told("customers "), folder: told("logs and data") };
}

async function end({ demo, folder }) {
  const ended = once(demo, "exit");
  demo.kill("SIGINT");
  const [code] = await ended;
  assert.equal(code, 0);
  assert.equal(existsSync(folder), false, "the folder is gone");
  assert.equal(spawnSync("pgrep", ["-f", folder]).status, 1, "nobody is left");
}

async function linksAnasNumber({ folder, control }) {
  const data = join(folder, "ana");
  const { url } = JSON.parse(readFileSync(join(data, "bridge.json"), "utf8"));
  const token = readFileSync(join(data, "bridge.token"), "utf8").trim();
  await call(url, "POST", "/link", { number_use: "work", consent: true, lends: true }, token);
  const [offered] = await until("the code on the simulator's page", () => call(control, "GET", "/offered-codes"), (codes) => codes.length > 0);
  assert.match(offered.label, /Ana/);
  await call(control, "POST", "/phones/5511988887777/scan", { qr: offered.code });
  await until("Ana online", () => call(url, "GET", "/status", undefined, token), (status) => status.session.state === "online");
}

test("headless: both agents in a browser, every person can sign in, codes are offered, all of it ends", async () => {
  const stage = await play({ HEADLESS: "1" });
  const password = "welcome to ownline";
  for (const [who, role] of [["vera", "admin"], ["sam", "supervisor"], ["ana", "agent"], ["bruno", "agent"]]) {
    const { agent } = await call(stage.desk, "POST", "/api/auth/login", { email: `${who}@demo.example`, password });
    assert.equal(agent.role, role);
  }
  const links = stage.text().match(/http:\/\/127\.0\.0\.1:\d+\/#code=\S+/g);
  assert.equal(links?.length, 2, stage.text());
  await linksAnasNumber(stage);
  stage.demo.stdin.write("\n");
  await until("fresh links", () => new Set(stage.text().match(/#code=\S+/g)).size === 4);
  await end(stage);
});

test("with windows: two apps side by side", async () => {
  const stage = await play({});
  const windows = () => spawnSync("xdotool", ["search", "--onlyvisible", "--name", "Ownline$"], { encoding: "utf8" }).stdout.trim().split("\n");
  await until("two windows", windows, (seen) => seen.length === 2);
  await linksAnasNumber(stage);
  await end(stage);
});
