// Groups: nobody else's until the owner says so, and told apart by who speaks.
import { expect, type Page, test } from "@playwright/test";
import { bubble, field, linked, look, open, openChat, row, write } from "../screen.ts";
import { type Customer, emailOf, PASSWORD, Stage } from "../stage.ts";

const ANA = "5511988887777";
const GROUP = "Night shift";

test.describe.configure({ mode: "serial" });

let stage: Stage;
let ana: Page;
let sam: Page;
let rosa: Customer;
let mehmet: Customer;
let group: string;

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  stage.account("Root", "admin");
  stage.account("Sam", "supervisor");
  await stage.phone(ANA, "Ana");
  rosa = await stage.customer("34612345678", "Rosa Paredes");
  mehmet = await stage.customer("905321234567", "Mehmet Kaya");
  // A number that was linked a moment ago only answers people, and says nothing in groups.
  ana = (await linked(browser, stage, "Ana", ANA, { warm_up_ms: 0 })).page;
  group = await stage.group(GROUP, [rosa.number, mehmet.number, ANA]);
  sam = await open(browser, stage.deskUrl);
  await sam.getByLabel("E-mail").fill(emailOf("Sam"));
  await sam.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await sam.getByRole("button", { name: "Sign in" }).click();
  await sam.getByRole("tab", { name: /^All/ }).click();
  await ana.getByRole("tab", { name: /^All/ }).click();
});

test.afterAll(async () => {
  await ana?.context().close();
  await sam?.context().close();
  await stage?.strike();
});

test("the list says which chat is a group, and who spoke last", async () => {
  await rosa.writes(group, "Good evening all");
  await rosa.writes(group, "Ramp three is free");
  await mehmet.writes(group, "Lorry 12 comes at nine");
  const line = row(ana, GROUP);
  await expect(line).toContainText("Mehmet Kaya: Lorry 12 comes at nine");
  await expect(line.getByRole("img", { name: "Group" })).toBeVisible();
  await expect(line).toContainText("Private");
});

test("each run of messages is signed once, in the writer's colour", async () => {
  await openChat(ana, GROUP);
  await expect(bubble(ana, "Good evening all").getByTestId("author")).toHaveText("Rosa Paredes");
  await expect(bubble(ana, "Ramp three is free")).toBeVisible();
  await expect(bubble(ana, "Ramp three is free").getByTestId("author")).toHaveCount(0);
  const colour = (text: string) =>
    bubble(ana, text)
      .getByTestId("author")
      .evaluate((name) => getComputedStyle(name).color);
  // Which one, the writer's id decides; two writers may share one.
  const tones = await ana.evaluate(() =>
    [...Array(8).keys()].map((at) => {
      const probe = document.createElement("i");
      probe.style.color = `var(--sender-${at + 1})`;
      document.body.append(probe);
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    }),
  );
  expect(new Set(tones).size).toBe(8);
  expect(tones).toContain(await colour("Good evening all"));
  expect(tones).toContain(await colour("Lorry 12 comes at nine"));
});

test("its members are one press away", async () => {
  await ana.getByTestId("group-line").click();
  const members = ana.getByRole("dialog", { name: GROUP });
  await expect(members.getByTestId("member")).toHaveCount(3);
  await expect(members.getByTestId("member").filter({ hasText: "Rosa Paredes" })).toContainText("Admin");
  await expect(members.getByTestId("member").filter({ hasText: "You" })).toHaveCount(1);
  await look(ana, "group-members");
  await ana.keyboard.press("Escape");
  await expect(members).toHaveCount(0);
});

test("an answer quotes one of them, and reaches all", async () => {
  await bubble(ana, "Lorry 12 comes at nine").focus();
  await ana.keyboard.press("r");
  await expect(ana.getByTestId("reply-bar")).toContainText("Mehmet Kaya");
  await write(ana, "I open the gate");
  const own = bubble(ana, "I open the gate");
  await expect(own).toHaveAttribute("data-status", /^(sent|delivered)$/);
  await expect(own.getByRole("button", { name: /^Go to the message of Mehmet Kaya/ })).toBeVisible();
  for (const one of [rosa, mehmet]) {
    await expect.poll(async () => (await one.chat(group)).some((line) => line.text === "I open the gate")).toBe(true);
  }
});

test("nobody else sees it until its owner turns it on", async () => {
  await expect(ana.getByTestId("only-you")).toContainText("Only you see this group.");
  await look(ana, "group");
  await expect(sam.getByText("No open conversations")).toBeVisible();
  await ana.getByTestId("only-you").getByRole("button", { name: "Turn on for the team" }).click();
  const dialog = ana.getByRole("dialog", { name: "What the team sees" });
  await dialog.getByRole("radio", { name: /^Shared/ }).click();
  await expect(dialog.getByText(/^Everyone who writes in this group/)).toBeVisible();
  await expect(dialog.getByText(/^Nothing of what was said so far/)).toBeVisible();
  await look(ana, "group-scope");
  await dialog.getByRole("button", { name: "Share", exact: true }).click();
  await expect(ana.getByTestId("scope-chip")).toHaveAttribute("data-scope", "shared");
  await expect(ana.getByTestId("only-you")).toHaveCount(0);
  await rosa.writes(group, "Who has the keys?");
  await expect(row(sam, GROUP)).toContainText("Rosa Paredes: Who has the keys?");
  await openChat(sam, GROUP);
  await expect(bubble(sam, "Who has the keys?").getByTestId("author")).toHaveText("Rosa Paredes");
  await expect(bubble(sam, "Good evening all"), "what was said before stays").toHaveCount(0);
});

test("who may not write is told why", async () => {
  await ana.getByRole("button", { name: "Take ticket" }).click();
  await expect(field(ana)).toBeVisible();
  await stage.changeGroup(group, { announce_only: true });
  await expect(ana.getByTestId("composer-locked")).toContainText("Only the admins of this group can write in it.");
  await stage.changeGroup(group, { announce_only: false });
  await expect(field(ana)).toBeVisible();
  await stage.changeMembers(group, { remove: [ANA] });
  await expect(ana.getByTestId("composer-locked")).toContainText("You are no longer in this group");
  await expect(bubble(ana, "Good evening all"), "what was said stays").toBeVisible();
  await look(ana, "group-left");
});
