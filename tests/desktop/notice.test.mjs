// A customer's message while the agent looks elsewhere: a native notification, and a click that leads to the chat.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { emailOf, PASSWORD, pictures, Stage, until } from "./stage.mjs";

const ANA = "5511988887777";
const JOANA = "5511912345678";

let stage;
let window;
let notices;

/** What the desktop's notification service shows now. */
function shown() {
  const { data } = JSON.parse(spawnSync("dunstctl", ["history"], { encoding: "utf8" }).stdout);
  return data[0].map((notice) => ({ title: notice.summary.data, body: notice.body.data }));
}
const displayed = () => Number(spawnSync("dunstctl", ["count", "displayed"], { encoding: "utf8" }).stdout);

before(async () => {
  stage = await Stage.set();
  // Notices stay until somebody has seen them, however long that takes.
  writeFileSync(stage.path("dunstrc"), "[urgency_low]\ntimeout = 0\n[urgency_normal]\ntimeout = 0\n[urgency_critical]\ntimeout = 0\n");
  notices = spawn("dunst", ["-conf", stage.path("dunstrc")], { stdio: "ignore" });
  await until("the notification service", () => spawnSync("dunstctl", ["count"]).status === 0);
  stage.account("Ana");
  await stage.control("POST", "/phones", { number: ANA, name: "Ana" });
  await stage.control("POST", "/customers", { number: JOANA, name: "Joana <b>Silva</b>" });
  window = await stage.window(stage.args("ana"));
  const bridge = await until("the bridge", () => stage.bridge("ana").catch(() => null));
  await bridge.call("POST", "/server/sign-in", { url: stage.desk.ready.url, email: emailOf("Ana"), password: PASSWORD });
  await bridge.call("POST", "/link", { number_use: "work", consent: true, lends: true });
  const { code } = await until("a code", () => bridge.call("GET", "/qr").catch(() => null));
  await stage.control("POST", `/phones/${ANA}/scan`, { qr: code });
  await until("the link", () => bridge.call("GET", "/status"), (status) => status.session.state === "online");
  // The page may have followed the linking; here it starts with the inbox.
  await window.run("window.before = true; setTimeout(() => location.reload(), 0)");
  await until("the page anew", () => window.run("return window.before !== true").catch(() => false));
  await window.words("Nothing waits for you");
  // The keyboard goes elsewhere: the agent looks at something else.
  spawnSync("xdotool", ["windowfocus", spawnSync("xdotool", ["search", "--maxdepth", "0", ""], { encoding: "utf8" }).stdout.trim()]);
  await until("the page to hear of it", () => window.run("return !document.hasFocus()"));
});

after(async () => {
  await stage?.strike();
  notices?.kill("SIGTERM");
});

test("a customer's message is told, as text", async () => {
  await stage.control("POST", `/customers/${JOANA}/messages`, { to: ANA, text: "Is <b>anybody</b> & someone there?" });
  await until("a notification", displayed, (count) => count === 1);
  spawnSync("import", ["-window", "root", join(pictures, "notification.png")]);
});

test("the window's title counts who waits", async () => {
  const titles = () => spawnSync("xdotool", ["search", "--name", "Ownline$", "getwindowname", "%@"], { encoding: "utf8" }).stdout.split("\n");
  await until("the count", titles, (all) => all.includes("(1) Ana – Ownline"));
});

test("a click on it leads to the chat", async () => {
  spawnSync("dunstctl", ["action"]);
  await window.find("//*[@data-testid='bubble'][contains(., 'anybody')]", "the message");
  await window.screenshot(join(pictures, "from-notification.png"));
  spawnSync("dunstctl", ["close-all"]);
  const [notice] = await until("the history", shown, (all) => all.length > 0);
  assert.equal(notice.title, "Joana <b>Silva</b>");
  // The service reads a subset of HTML: what the customer wrote must have reached it as text.
  assert.equal(notice.body, "Is &lt;b&gt;anybody&lt;/b&gt; &amp; someone there?");
});
