// Link → receive → reply, by hand on the real window; then the same app again without a second scan.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { emailOf, PASSWORD, pictures, Stage, until } from "./stage.mjs";

const ANA = "5511988887777";
const JOANA = "5511912345678";
const ENTER = "\uE007";

let stage;
let window;

/** A picture of the window, kept as an artefact of the run. */
const look = (name) => window.screenshot(join(pictures, `${name}.png`));
const joanaGot = async () =>
  (await stage.control("GET", `/customers/${JOANA}/messages?with=${ANA}`)).filter((message) => message.direction === "in");

before(async () => {
  stage = await Stage.set();
  stage.account("Ana");
  await stage.control("POST", "/phones", { number: ANA, name: "Ana" });
  await stage.control("POST", "/customers", { number: JOANA, name: "Joana Silva" });
});

after(() => stage?.strike());

test("the window opens on the sign-in", async () => {
  window = await stage.window(stage.args("ana"));
  await window.words("Sign in to your team's desk");
  await look("1-sign-in");
});

test("the agent signs in to the desk", async () => {
  await (await window.field("Server address")).type(stage.desk.ready.url);
  await (await window.field("E-mail")).type(emailOf("Ana"));
  await (await window.field("Password")).type(PASSWORD);
  await (await window.button("Sign in")).click();
  await window.words("Link your WhatsApp");
});

test("a scan links the number", async () => {
  await (await window.find("//*[@role='radio'][contains(., 'Work number')]")).click();
  await (await window.find("//label[contains(., 'I have read this')]")).click();
  await (await window.button("Show QR code")).click();
  await window.find("//*[@aria-label='QR code to link WhatsApp' or @alt='QR code to link WhatsApp']", "the QR code");
  await look("2-qr");
  const bridge = await stage.bridge("ana");
  const { code } = await bridge.call("GET", "/qr");
  await stage.control("POST", `/phones/${ANA}/scan`, { qr: code });
  await (await window.find("//*[self::a or self::button][normalize-space()='Start working']", "“Start working”")).click();
  await window.words("WhatsApp linked");
  await look("3-inbox");
});

test("a customer's message appears", async () => {
  await stage.control("POST", `/customers/${JOANA}/messages`, { to: ANA, text: "Hi! My order arrived but the box is damaged." });
  await (await window.find("//*[(@role='tab' or self::a) and starts-with(normalize-space(), 'Unassigned')]", "Unassigned")).click();
  await (await window.find("//*[@data-testid='conversation-row'][contains(., 'Joana Silva')]", "Joana's chat")).click();
  await window.find("//*[@data-testid='bubble'][contains(., 'the box is damaged')]", "her message");
  await look("4-message");
});

test("the reply reaches the customer, and its ticks come back", async () => {
  await (await window.button("Take ticket")).click();
  const box = await window.find("//textarea[starts-with(@aria-label, 'Message to')]", "the composer");
  await box.press(`A courier can swap the boxes tomorrow.${ENTER}`);
  await until("the reply at the customer", joanaGot, (got) => got.length === 1);
  assert.equal((await joanaGot())[0].text, "A courier can swap the boxes tomorrow.");
  await window.find("//*[@data-testid='bubble'][contains(., 'A courier') and @data-status='delivered']", "the second tick");
  await look("5-reply");
});

test("the app starts again linked, without a second scan", async () => {
  await window.close();
  window = await stage.window(stage.args("ana"));
  await window.words("WhatsApp linked");
  await stage.control("POST", `/customers/${JOANA}/messages`, { to: ANA, text: "Perfect, thank you!" });
  await (await window.find("//*[@data-testid='conversation-row'][contains(., 'Perfect, thank you!')]", "her answer")).click();
  await window.find("//*[@data-testid='bubble'][contains(., 'A courier')]", "what was written before");
  await look("6-again");
});
