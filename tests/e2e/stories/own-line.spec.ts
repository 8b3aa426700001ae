// The own line: what may be sent, who must not be written to, and what of a chat leaves the computer.
import { expect, type Page, test } from "@playwright/test";
import { bubble, field, linked, look, open, openChat, row, write } from "../screen.ts";
import { type Customer, emailOf, type Machine, PASSWORD, Stage } from "../stage.ts";

const ANA = "5511988887777";

test.describe.configure({ mode: "serial" });

let stage: Stage;
let machine: Machine;
let ana: Page;
let sam: Page;
let joana: Customer;
let mehmet: Customer;

const goTo = (page: string) => ana.getByRole("navigation", { name: "Main" }).getByRole("link", { name: page }).click();

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  stage.account("Root", "admin");
  stage.account("Sam", "supervisor");
  await stage.phone(ANA, "Ana");
  joana = await stage.customer("5511912345678", "Joana Silva");
  mehmet = await stage.customer("905321234567", "Mehmet Kaya");
  ({ page: ana, machine } = await linked(browser, stage, "Ana", ANA));
  await joana.writes(ANA, "The door code is 4711");
  await mehmet.writes(ANA, "Hello");
  sam = await open(browser, stage.deskUrl);
  await sam.getByLabel("E-mail").fill(emailOf("Sam"));
  await sam.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await sam.getByRole("button", { name: "Sign in" }).click();
  await sam.getByRole("tab", { name: /^All/ }).click();
  await expect(row(sam, "Joana Silva")).toBeVisible();
  await ana.getByRole("tab", { name: /^All/ }).click();
});

test.afterAll(async () => {
  await ana?.context().close();
  await sam?.context().close();
  await stage?.strike();
});

test("what is shared less leaves every other screen", async () => {
  await openChat(sam, "Joana Silva");
  await expect(bubble(sam, "4711")).toBeVisible();
  await openChat(ana, "Joana Silva");
  await ana.getByTestId("scope-chip").click();
  const dialog = ana.getByRole("dialog", { name: "What the team sees" });
  await expect(dialog.getByTestId("team-view").getByText("4711")).toBeVisible();
  await dialog.getByRole("radio", { name: /^Metadata/ }).click();
  await expect(dialog.getByTestId("team-view").getByText("4711")).toHaveCount(0);
  await expect(dialog.getByText(/^Texts and files are removed/)).toBeVisible();
  await look(ana, "scope");
  await dialog.getByRole("button", { name: "Share less" }).click();
  await expect(ana.getByTestId("scope-chip")).toHaveAttribute("data-scope", "metadata");
  await expect(bubble(ana, "4711"), "the owner keeps it").toBeVisible();
  await expect(bubble(sam, "4711")).toHaveCount(0);
  await expect(sam.getByText("Text not shared").first()).toBeVisible();
});

test("what is shared again comes back where that is wished", async () => {
  await ana.getByTestId("scope-chip").click();
  const dialog = ana.getByRole("dialog", { name: "What the team sees" });
  await dialog.getByRole("radio", { name: /^Shared/ }).click();
  await dialog.getByRole("checkbox", { name: /what was said before/ }).click();
  await dialog.getByRole("button", { name: "Share", exact: true }).click();
  await expect(ana.getByTestId("scope-chip")).toHaveAttribute("data-scope", "shared");
  await expect(bubble(sam, "4711")).toBeVisible();
});

test("a private chat is nobody else's", async () => {
  await ana.getByTestId("scope-chip").click();
  const dialog = ana.getByRole("dialog", { name: "What the team sees" });
  await dialog.getByRole("radio", { name: /^Private/ }).click();
  await expect(dialog.getByText("Nothing. Not even that this chat exists.")).toBeVisible();
  await dialog.getByRole("button", { name: "Share less" }).click();
  await expect(ana.getByTestId("scope-chip")).toHaveAttribute("data-scope", "private");
  await expect(row(sam, "Joana Silva")).toHaveCount(0);
});

test("the rules are shown, and what a rule keeps waiting says so", async () => {
  await goTo("Safety");
  await expect(ana.getByTestId("sending-mode")).toBeVisible();
  await expect(ana.getByTestId("meter").first()).toBeVisible();
  await expect(ana.getByText("Nothing waits because of a rule.")).toBeVisible();
  await look(ana, "safety");
});

test("a rule that keeps a message waiting is told in the chat, the list and among the rules", async () => {
  // A number that was linked a moment ago writes to nobody who has not written.
  await stage.customer("34612345678", "Rosa Paredes");
  await goTo("Inbox");
  await ana.getByRole("button", { name: "New chat" }).click();
  await ana.getByLabel("Telephone number").fill("+34 612 345 678");
  await ana.getByRole("button", { name: "Open chat" }).click();
  await write(ana, "Good morning, Rosa");
  const hold = ana.getByTestId("hold");
  await expect(hold).toContainText(/^Waits/);
  await ana.getByRole("tab", { name: /^All/ }).click();
  await expect(ana.getByTestId("conversation-row").filter({ hasText: "Good morning, Rosa" })).toContainText("Waiting");
  await look(ana, "held");
  await goTo("Safety");
  await ana.getByTestId("held").click();
  await expect(bubble(ana, "Good morning, Rosa")).toHaveAttribute("data-status", "queued");
});

test("a customer who asks for silence gets it, until the agent is told otherwise", async () => {
  await mehmet.writes(ANA, "STOP");
  await goTo("Inbox");
  await ana.getByRole("tab", { name: /^All/ }).click();
  await openChat(ana, "Mehmet Kaya");
  await expect(ana.getByTestId("composer-locked")).toContainText("asked not to be written to");
  await look(ana, "opted-out");
  await goTo("Safety");
  const out = ana.getByTestId("opt-out").filter({ hasText: "Mehmet Kaya" });
  await expect(out).toContainText(/stop/i);
  await out.getByRole("button", { name: "Lift" }).click();
  await ana.getByRole("dialog").getByRole("button", { name: "The customer asked for it" }).click();
  await expect(out).toHaveCount(0);
  await goTo("Inbox");
  await ana.getByRole("tab", { name: /^All/ }).click();
  await openChat(ana, "Mehmet Kaya");
  await expect(ana.getByTestId("composer-locked").getByText(/asked not to be written to/)).toHaveCount(0);
  await ana.getByRole("button", { name: "Take ticket" }).click();
  await expect(field(ana)).toBeVisible();
  await write(ana, "Welcome back");
  await expect(bubble(ana, "Welcome back")).toHaveAttribute("data-status", "delivered");
});

test("the line's settings are kept", async () => {
  await goTo("Settings");
  await ana.getByRole("radio", { name: /^Never/ }).click();
  await ana.getByLabel("New chats are").selectOption({ label: "Private" });
  await expect
    .poll(() => machine.ask("GET", "/settings"))
    .toMatchObject({ read_receipts: "never", default_scope: "private" });
  await ana.reload();
  await expect(ana.getByRole("radio", { name: /^Never/ }), "the page comes back at its own address").toBeChecked();
  await look(ana, "line-settings");
});
