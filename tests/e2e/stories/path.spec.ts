// From QR code to ticket and back, as two agents and a supervisor see it in a browser.
import { expect, type Page, test } from "@playwright/test";
import { bubble, look, open, openChat, row, signIn, write } from "../screen.ts";
import { type Customer, emailOf, type Machine, PASSWORD, Stage } from "../stage.ts";

const ANA = "5511988887777";
const JOANA = "5511912345678";
test.describe.configure({ mode: "serial" });

let stage: Stage;
let joana: Customer;
let anasMachine: Machine;
let ana: Page;
let bruno: Page;

test.beforeAll(async () => {
  stage = await Stage.set();
  stage.account("Root", "admin");
  stage.account("Sam", "supervisor");
  stage.account("Ana", "agent");
  stage.account("Bruno", "agent");
  await stage.phone(ANA, "Ana");
  joana = await stage.customer(JOANA, "Joana Silva");
});

test.afterAll(async () => {
  await ana?.context().close();
  await bruno?.context().close();
  await stage?.strike();
});

test("an agent signs in through a one-time link", async ({ browser }) => {
  anasMachine = await stage.machine("Ana");
  const link = anasMachine.link();
  ana = await open(browser, link);
  await expect(ana.getByRole("heading", { name: "Sign in to your team's desk" })).toBeVisible();
  expect(ana.url(), "the code leaves the address bar").not.toContain("code=");

  await ana.getByLabel("Server address").fill("127.0.0.1:9");
  await ana.getByLabel("Server address").blur();
  await expect(ana.getByText(/server cannot be reached|must start with https/)).toBeVisible();
  await look(ana, "sign-in");

  await ana.getByLabel("Server address").fill(stage.deskUrl);
  await ana.getByLabel("E-mail").fill(emailOf("Ana"));
  await ana.getByLabel("Password", { exact: true }).fill("not the password");
  await ana.getByRole("button", { name: "Sign in" }).click();
  await expect(ana.getByText(/E-mail or password is wrong/)).toBeVisible();

  await signIn(ana, stage, "Ana");
  await expect(ana.getByRole("heading", { name: "Link your WhatsApp" })).toBeVisible();

  const second = await open(browser, link);
  await expect(second.getByText("Open Ownline from the app"), "a link works once").toBeVisible();
  await second.context().close();
});

test("a scanned code links the number", async () => {
  await ana.getByRole("radio", { name: /Work number/ }).click();
  await ana.getByRole("checkbox", { name: /I have read this/ }).check();
  await ana.getByRole("button", { name: "Show QR code" }).click();
  await expect(ana.getByRole("img", { name: "QR code to link WhatsApp" })).toBeVisible();
  await expect(ana.getByText(/New code in/)).toBeVisible();
  await look(ana, "link");

  await stage.scan(ANA, await anasMachine.code());

  await ana.getByRole("button", { name: "Start working" }).or(ana.getByRole("link", { name: "Start working" })).click();
  await expect(ana.getByRole("heading", { name: "Inbox" })).toBeVisible();
  await expect(ana.getByText("WhatsApp linked").first()).toBeVisible();
  await look(ana, "inbox-empty");
});

test("a customer writes and a ticket appears at every agent", async ({ browser }) => {
  const machine = await stage.machine("Bruno");
  bruno = await open(browser, machine.link());
  await signIn(bruno, stage, "Bruno");
  await bruno.getByRole("button", { name: "Not now" }).click();

  await joana.writes(ANA, "Hi! My order arrived but the box is damaged, what should I do?");

  for (const page of [ana, bruno]) {
    await page.getByRole("tab", { name: /Unassigned/ }).click();
    await expect(row(page, "Joana Silva")).toBeVisible();
  }
  await expect(row(bruno, "Joana Silva")).toContainText("Via Ana's number");
});

test("the agent takes the ticket, answers, and sees the ticks", async () => {
  await openChat(ana, "Joana Silva");
  await expect(ana.getByTestId("unread-line")).toHaveText("1 new message");
  await ana.getByRole("button", { name: "Take ticket" }).first().click();
  await write(ana, "I'm sorry about that, Joana. A courier can swap the boxes tomorrow.");
  await expect(ana.getByTestId("unread-line"), "what is answered is not new").toHaveCount(0);
  const answer = bubble(ana, "A courier can swap");
  await expect(answer).toHaveAttribute("data-status", "delivered");
  await joana.reads(ANA);
  await expect(answer).toHaveAttribute("data-status", "read");

  await joana.writes(ANA, "Perfect, I can be home after five");
  await expect(bubble(ana, "home after five")).toBeVisible();
  await joana.types(ANA);
  await expect(ana.getByText("typing…").first()).toBeVisible();
  await look(ana, "chat");

  await expect(row(bruno, "Joana Silva"), "what is taken is not unassigned any more").toHaveCount(0);
});

test("what is written while the server is away goes out when it is back", async () => {
  await stage.deskGoesDown();
  await expect(ana.getByText(/team's server cannot be reached/).first()).toBeVisible();
  await write(ana, "Booked for 17:30.");
  await expect(bubble(ana, "Booked for 17:30.")).toHaveAttribute("data-status", "delivered");
  await joana.writes(ANA, "Thank you!");
  await expect(bubble(ana, "Thank you!")).toBeVisible();
  await look(ana, "server-away");

  await stage.deskComesBack();
  // Each bridge may wait half a minute for its next attempt.
  const attempts = { timeout: 120_000 };
  await expect(ana.getByText(/team's server cannot be reached/)).toHaveCount(0, attempts);
  await expect(bruno.getByText(/team's server cannot be reached/)).toHaveCount(0, attempts);
  await bruno.getByRole("tab", { name: /^All/ }).click();
  await openChat(bruno, "Joana Silva");
  for (const text of ["Booked for 17:30.", "Thank you!"]) {
    await expect(bubble(bruno, text)).toHaveCount(1);
  }
  expect((await joana.received(ANA)).map((message) => message.text)).toEqual([
    "I'm sorry about that, Joana. A courier can swap the boxes tomorrow.",
    "Booked for 17:30.",
  ]);
});

test("the agent hands the ticket on, and a colleague answers through the same number", async () => {
  await ana.getByRole("button", { name: "Transfer" }).first().click();
  const dialog = ana.getByRole("dialog");
  await dialog.getByLabel("To", { exact: true }).selectOption({ label: "Bruno" });
  await dialog.getByRole("button", { name: "Transfer" }).click();

  await write(bruno, "Bruno here: the courier is on the way.");
  await expect(bubble(bruno, "Bruno here")).toHaveAttribute("data-status", "delivered");
  await expect(bubble(ana, "Bruno here")).toBeVisible();

  await bruno.getByRole("button", { name: "Resolve" }).first().click();
  const resolve = bruno.getByRole("dialog");
  await look(bruno, "resolve");
  await resolve.getByLabel("Note for the team").fill("Boxes swapped");
  await resolve.getByRole("button", { name: "Resolve" }).click();
  const ticket = bruno.getByTestId("ticket-card");
  await expect(ticket).toHaveAttribute("data-state", "resolved");
  await ticket.getByRole("button", { name: "Close", exact: true }).click();
  await expect(bruno.getByText("No open ticket")).toBeVisible();
});

test("every other page of an agent is in order", async () => {
  for (const [link, name] of [
    ["Tickets", "tickets"],
    ["Contacts", "contacts"],
    ["Settings", "settings"],
  ] as const) {
    await ana.getByRole("navigation", { name: "Main" }).getByRole("link", { name: link }).click();
    await expect(ana.getByRole("heading", { name: link, level: 1 })).toBeVisible();
    await look(ana, name);
  }
});

test("a supervisor and an admin work in a browser on the server itself", async ({ browser }) => {
  const sam = await open(browser, stage.deskUrl);
  await sam.getByLabel("E-mail").fill(emailOf("Sam"));
  await sam.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await look(sam, "server-sign-in");
  await sam.getByRole("button", { name: "Sign in" }).click();
  await sam.getByRole("tab", { name: /^Closed/ }).click();
  await openChat(sam, "Joana Silva");
  await expect(bubble(sam, "Booked for 17:30.")).toBeVisible();
  await look(sam, "server-chat");
  await joana.writes(ANA, "One more question");
  await expect(bubble(sam, "One more question")).toBeVisible();
  await sam.context().close();

  const root = await open(browser, stage.deskUrl);
  await root.getByLabel("E-mail").fill(emailOf("Root"));
  await root.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await root.getByRole("button", { name: "Sign in" }).click();
  await root.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /Admin|Agents/ }).click();
  await root.getByRole("button", { name: "Add agent" }).first().click();
  const dialog = root.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Carla");
  await dialog.getByLabel("E-mail").fill(emailOf("Carla"));
  await dialog.getByRole("button", { name: "Create and show code" }).click();
  await expect(root.getByText(/^[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}$/)).toBeVisible();
  await look(root, "admin-code");
  await root.context().close();
});
