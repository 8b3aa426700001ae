// An account behind a passkey: what the agent's own browser says is carried over.
import { expect, type Page, test } from "@playwright/test";
import { look, open, signIn } from "../screen.ts";
import { type Machine, Stage } from "../stage.ts";

const ANA = "5511988887777";

let stage: Stage;
let machine: Machine;
let ana: Page;

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  await stage.phone(ANA, "Ana", { passkey: true });
  machine = await stage.machine("Ana");
  ana = await open(browser, machine.link());
});

test.afterAll(async () => {
  await ana?.context().close();
  await stage?.strike();
});

test("the passkey's answer is pasted, the codes are compared, and the number is linked", async () => {
  await signIn(ana, stage, "Ana");
  await ana.getByRole("checkbox", { name: /I have read this/ }).check();
  await ana.getByRole("button", { name: "Show QR code" }).click();
  await expect(ana.getByRole("img", { name: "QR code to link WhatsApp" })).toBeVisible();
  // The phone waits for the passkey, and with it the scan's own answer.
  const scanned = stage.scan(ANA, await machine.code());
  scanned.catch(() => undefined);
  const steps = ana.getByTestId("passkey");
  await expect(steps).toBeVisible();
  await expect(steps.getByRole("button", { name: "Link with this answer" })).toBeDisabled();
  await steps.getByLabel("Paste the answer").fill("not an answer");
  await expect(steps.getByText(/^This is not a passkey's answer/)).toBeVisible();
  await look(ana, "link-passkey");

  const { options } = await machine.ask<{ options: unknown }>("GET", "/passkey");
  await steps.getByLabel("Paste the answer").fill(JSON.stringify(await stage.assertPasskey(options)));
  await steps.getByRole("button", { name: "Link with this answer" }).click();
  await ana.getByRole("button", { name: "Yes, the codes are the same" }).click();
  await ana.getByRole("button", { name: "Start working" }).click();
  await expect(ana.getByText("WhatsApp linked").first()).toBeVisible();
});
