// What has not left yet can be kept from leaving.
import { expect, type Page, test } from "@playwright/test";
import { bubble, field, linked, look, write } from "../screen.ts";
import { type Customer, Stage } from "../stage.ts";

const ANA = "5511988887777";

test.describe.configure({ mode: "serial" });

let stage: Stage;
let ana: Page;
let rosa: Customer;

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  await stage.phone(ANA, "Ana");
  ana = (await linked(browser, stage, "Ana", ANA)).page;
  rosa = await stage.customer("34612345678", "Rosa Paredes");
  // A number that was linked a moment ago writes to nobody who has not written: its words wait.
  await ana.getByRole("button", { name: "New chat" }).click();
  await ana.getByLabel("Telephone number").fill("+34 612 345 678");
  await ana.getByRole("button", { name: "Open chat" }).click();
});

test.afterAll(async () => {
  await ana?.context().close();
  await stage?.strike();
});

test("words that a rule keeps back are taken back at once, and can be put right", async () => {
  await write(ana, "Good morning, Rosita");
  const waits = bubble(ana, "Good morning, Rosita");
  await expect(waits.getByTestId("hold")).toContainText(/^Waits/);
  await expect(waits.getByRole("img", { name: "Kept waiting by a rule" })).toBeVisible();
  await waits.getByRole("button", { name: "Cancel sending" }).click();
  await expect(waits).toHaveAttribute("data-status", "failed");
  await expect(waits.getByTestId("not-sent")).toHaveAttribute("data-code", "cancelled");
  await expect(waits.getByRole("button", { name: "Try again" })).toHaveCount(0);
  await look(ana, "cancelled");
  await waits.getByRole("button", { name: "Edit and send" }).click();
  await expect(field(ana)).toHaveValue("Good morning, Rosita");
  await write(ana, "Good morning, Rosa");
  await expect(bubble(ana, "Good morning, Rosa").getByTestId("hold")).toBeVisible();
});

test("the keyboard gets there through the message's menu", async () => {
  const waits = bubble(ana, "Good morning, Rosa").last();
  await waits.focus();
  await ana.keyboard.press("Enter");
  await ana.getByRole("menuitem", { name: "Cancel sending" }).press("Enter");
  await expect(waits.getByTestId("not-sent")).toHaveAttribute("data-code", "cancelled");
});

test("a place is asked about first, because it would have to be found again", async () => {
  await ana.getByRole("button", { name: "Attach" }).click();
  await ana.getByRole("menuitem", { name: "Place" }).click();
  await ana.getByLabel("Map address or coordinates").fill("-23.5614, -46.6559");
  await ana.getByRole("textbox", { name: "Name", exact: true }).fill("Our shop");
  await ana.getByRole("dialog").getByRole("button", { name: "Send" }).click();
  const waits = bubble(ana, "Our shop");
  await waits.getByRole("button", { name: "Cancel sending" }).click();
  const question = ana.getByRole("dialog", { name: "Cancel sending this?" });
  await question.getByRole("button", { name: "Let it go out" }).click();
  await expect(waits).toHaveAttribute("data-status", "queued");
  await waits.getByRole("button", { name: "Cancel sending" }).click();
  await question.getByRole("button", { name: "Cancel sending" }).click();
  await expect(waits.getByTestId("not-sent")).toHaveAttribute("data-code", "cancelled");
});

test("what left a moment before is not kept back, but can be deleted for everyone", async () => {
  await write(ana, "The price is 10");
  const own = bubble(ana, "The price is 10");
  await expect(own.getByTestId("hold")).toBeVisible();
  // The bridge's answer to whoever comes too late; that it is given is told by the bridge's own tests.
  const late = { type: "about:blank", title: "This message has left already.", status: 409, code: "already_sent" };
  await ana.route("**/api/messages/*?unsent=true", (route) =>
    route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify(late) }),
  );
  await own.getByRole("button", { name: "Cancel sending" }).click();
  const question = ana.getByRole("dialog", { name: "It has left already" });
  await expect(question.getByRole("button", { name: "Delete for everyone" })).toBeVisible();
  await look(ana, "left-already");
  await question.getByRole("button", { name: "Leave it" }).click();
  await expect(own, "it stands as it stood").toHaveAttribute("data-status", "queued");
  await ana.unroute("**/api/messages/*?unsent=true");
  await own.getByRole("button", { name: "Cancel sending" }).click();
  await expect(own.getByTestId("not-sent")).toHaveAttribute("data-code", "cancelled");
});

test("nothing of it ever arrives", async () => {
  // Rosa writes first, so that answers leave at once: what was taken back would be among them.
  await rosa.writes(ANA, "Hello?");
  await expect(bubble(ana, "Hello?")).toBeVisible();
  await ana.getByRole("button", { name: "Take ticket" }).click();
  await write(ana, "How can I help?");
  await expect(bubble(ana, "How can I help?")).toHaveAttribute("data-status", "delivered");
  expect((await rosa.received(ANA)).map((line) => line.text)).toEqual(["How can I help?"]);
});
