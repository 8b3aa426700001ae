// Ways to link besides the scanned code: a typed one, a passkey, and another number's phone.
import { expect, type Page, test } from "@playwright/test";
import { look, open, row, signIn } from "../screen.ts";
import { type Machine, Stage } from "../stage.ts";

const ANA = "5511988887777";
const OTHER = "5511966665555";

test.describe.configure({ mode: "serial" });

let stage: Stage;
let machine: Machine;
let ana: Page;

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  await stage.phone(ANA, "Ana");
  await stage.phone(OTHER, "Ana's other phone");
  machine = await stage.machine("Ana");
  ana = await open(browser, machine.link());
  await signIn(ana, stage, "Ana");
});

test.afterAll(async () => {
  await ana?.context().close();
  await stage?.strike();
});

async function byCode(country: string, phone: string): Promise<void> {
  await ana.getByRole("radio", { name: /^Type a code/ }).click();
  await ana.getByLabel("Country").selectOption({ label: country });
  await ana.getByLabel("Your WhatsApp number").fill(phone);
  await ana.getByRole("checkbox", { name: /I have read this/ }).check();
  await ana.getByRole("button", { name: "Show code" }).click();
}

test("a number that is none is told at its field", async () => {
  await byCode("Brazil", "123");
  await expect(ana.getByText(/^This is not a telephone number/)).toBeVisible();
});

test("a code typed on the phone links it, and linking can be stopped before", async () => {
  await byCode("Brazil", "(11) 98888-7777");
  const code = ana.getByTestId("pairing-code");
  await expect(code).toBeVisible();
  await expect(ana.getByText("+55 11 98888-7777")).toBeVisible();
  await look(ana, "link-code");
  await ana.getByRole("button", { name: "Stop linking" }).click();
  await expect(ana.getByRole("button", { name: "Stop linking" })).toHaveCount(0);
  await expect(code).toHaveCount(0);

  await byCode("Brazil", "(11) 98888-7777");
  await expect(code).toBeVisible();
  const { code: shown } = await machine.ask<{ code: string }>("GET", "/pairing-code");
  await expect(code).toContainText(`${shown.slice(0, 4)}-${shown.slice(4)}`);
  await stage.enterCode(ANA, shown);
  await ana.getByRole("button", { name: "Start working" }).click();
  await expect(ana.getByText("WhatsApp linked").first()).toBeVisible();
});

test("the phone of another number is asked about before anything is kept", async () => {
  // Without chats of the first number there would be nothing to mix up.
  const joana = await stage.customer("5511912345678", "Joana Silva");
  await joana.writes(ANA, "Hello");
  await ana.getByRole("tab", { name: /^All/ }).click();
  await expect(row(ana, "Joana Silva")).toBeVisible();
  await stage.logOut(ANA);
  await ana.getByRole("button", { name: "Link WhatsApp" }).click();
  await ana.getByRole("checkbox", { name: /I have read this/ }).check();
  await ana.getByRole("button", { name: "Show QR code" }).click();
  await expect(ana.getByRole("img", { name: "QR code to link WhatsApp" })).toBeVisible();
  await stage.scan(OTHER, await machine.code());
  const question = ana.getByTestId("other-number");
  await expect(question.getByText("+55 11 96666-5555", { exact: true })).toBeVisible();
  await expect(question.getByText("+55 11 98888-7777", { exact: true })).toBeVisible();
  await look(ana, "link-other-number");
  await question.getByRole("button", { name: "Take this phone off again" }).click();
  await expect(question).toHaveCount(0);
  await expect(ana.getByRole("heading", { name: "Link your WhatsApp" })).toBeVisible();
});
