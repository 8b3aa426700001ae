// What goes wrong in an agent's day, and the keyboard that must never be lost over it.
import { expect, type Page, test } from "@playwright/test";
import { bubble as bubbleOf, field, linked, openChat } from "../screen.ts";
import { type Customer, type Machine, Stage } from "../stage.ts";

const ANA = "5511988887777";

test.describe.configure({ mode: "serial" });

let stage: Stage;
let ana: Page;
let machine: Machine;
let customers: Customer[];

const rows = () => ana.getByTestId("conversation-row");
const bubble = (text: string) => bubbleOf(ana, text);
const box = () => field(ana);

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  await stage.phone(ANA, "Ana");
  customers = await Promise.all(
    ["Joana Silva", "Mehmet Kaya", "Rosa Paredes"].map((name, at) => stage.customer(`551191234567${at}`, name)),
  );
  ({ page: ana, machine } = await linked(browser, stage, "Ana", ANA));
});

test.afterAll(async () => {
  await ana?.context().close();
  await stage?.strike();
});

test("reading a chat does not move it in the list", async () => {
  for (const customer of customers) await customer.writes(ANA, "Hello?");
  await ana.getByRole("tab", { name: /^All/ }).click();
  await expect(rows()).toHaveCount(customers.length);
  const order = await rows().evaluateAll((all) => all.map((row) => row.getAttribute("data-id")));
  for (const id of order.toReversed()) {
    const row = ana.locator(`[data-testid=conversation-row][data-id="${id}"]`);
    await row.click();
    await expect(row.getByText(/unread/)).toHaveCount(0);
  }
  expect(await rows().evaluateAll((all) => all.map((row) => row.getAttribute("data-id")))).toEqual(order);
});

test("Enter presses the button that has the focus, and the field comes next", async () => {
  await openChat(ana, "Joana Silva");
  await ana.getByRole("button", { name: "Take ticket" }).focus();
  await ana.keyboard.press("Enter");
  await expect(box()).toBeFocused();
  await ana.keyboard.type("Good morning");
  await ana.keyboard.press("Enter");
  await expect(bubble("Good morning")).toHaveAttribute("data-status", "delivered");
  await expect(box()).toBeFocused();
});

test("a dialog opened by its key starts in its first field", async () => {
  await box().press("Escape");
  await ana.keyboard.press("e");
  await expect(ana.getByLabel("Note for the team")).toBeFocused();
  await ana.keyboard.press("Escape");
  await ana.keyboard.press("t");
  await expect(ana.getByRole("dialog").getByRole("button", { name: "Close" })).not.toBeFocused();
  await ana.keyboard.press("Escape");
  await expect(ana.getByRole("dialog")).toHaveCount(0);
});

test("a refused message says why and goes out when tried again", async () => {
  await stage.disturb({ refuse: { code: 463, times: 1 } });
  await box().fill("You will hear from us");
  await box().press("Enter");
  await expect(bubble("You will hear from us")).toHaveAttribute("data-status", "failed");
  await expect(ana.getByText(/^Not sent: WhatsApp/)).toBeVisible();
  await ana.getByRole("button", { name: "Try again" }).click();
  await expect(bubble("You will hear from us")).toHaveAttribute("data-status", "delivered");
});

test("ten messages written in one breath arrive in their order", async () => {
  const texts = Array.from({ length: 10 }, (_, at) => `line ${at}`);
  for (const text of texts) {
    await box().fill(text);
    await box().press("Enter");
  }
  await expect(bubble("line 9")).toHaveAttribute("data-status", "delivered");
  const received = (await customers[0]?.received(ANA)) ?? [];
  expect(received.map((message) => message.text ?? "").filter((text) => text.startsWith("line"))).toEqual(texts);
});

test("Enter in the search opens the first that it finds", async () => {
  const search = ana.getByRole("searchbox", { name: "Search people and numbers" });
  await search.fill("Rosa");
  await search.press("Enter");
  await expect(ana.getByRole("main", { name: "Conversation with Rosa Paredes" })).toBeVisible();
  await search.fill("");
});

test("a chat that the phone puts away stands among the archived ones", async () => {
  await ana.getByRole("tab", { name: /^All/ }).click();
  const rosa = rows().filter({ hasText: "Rosa Paredes" });
  await stage.keeps(ANA, "5511912345672", { pinned: true });
  await expect(rosa.getByRole("img", { name: "Pinned on the phone" })).toBeVisible();
  await stage.keeps(ANA, "5511912345672", { archived: true });
  await expect(rosa.getByRole("img", { name: "Archived on the phone" }), "work is not put out of sight").toBeVisible();
  await openChat(ana, "Rosa Paredes");
  await ana.getByRole("button", { name: "Take ticket" }).click();
  await expect(box()).toBeFocused();
  await box().press("Escape");
  await ana.keyboard.press("e");
  await ana.getByRole("dialog").getByRole("button", { name: "Resolve" }).click();
  await expect(rosa, "nothing waits there any more").toHaveCount(0);
  await ana.getByTestId("archive").click();
  await expect(rosa.getByRole("img", { name: "Archived on the phone" })).toBeVisible();
  await ana.getByRole("button", { name: "Back to all conversations" }).click();
});

test("a list that was scrolled stays where it is when others write", async () => {
  await stage.load(ANA, 40);
  await ana.getByRole("tab", { name: /^All/ }).click();
  const list = ana.getByRole("list", { name: "Conversations" });
  const length = (count: number) => expect(list.getByRole("listitem").first()).toHaveAttribute("aria-setsize", `${count}`);
  // All but the one that was put away. A ticket's mark makes a row higher, so each has its own before anything is measured.
  const open = customers.length - 1 + 40;
  await length(open);
  const items = async () => (await machine.ask<{ items: { ticket?: object }[] }>("GET", "/api/conversations?view=all&limit=100")).items;
  await expect.poll(async () => (await items()).filter((item) => item.ticket).length).toBe(open);
  const box = list.locator("xpath=..");
  await box.evaluate((one) => one.scrollTo({ top: 900 }));
  const seen = async () =>
    box.evaluate((one) => {
      const edge = one.getBoundingClientRect().top;
      const all = [...one.querySelectorAll("[data-testid=conversation-row]")];
      const row = all.find((other) => other.getBoundingClientRect().top > edge);
      const marked = all.every((other) => other.textContent?.includes("#"));
      return { id: row?.getAttribute("data-id"), top: Math.round((row?.getBoundingClientRect().top ?? 0) - edge), marked };
    });
  // The rows have their measured heights once two looks agree, some frames apart.
  const painted = () =>
    ana.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))));
  let before = await seen();
  await expect
    .poll(async () => {
      const last = before;
      await painted();
      before = await seen();
      return before.marked && JSON.stringify(last) === JSON.stringify(before);
    })
    .toBe(true);
  const newcomer = await stage.customer("551198765432", "Newcomer");
  await newcomer.writes(ANA, "I am new here");
  await expect(ana.getByTestId("announcer")).toHaveText("New message from Newcomer");
  await length(open + 1);
  const moved = () =>
    box.evaluate(
      (one, { id, top }) => {
        const row = one.querySelector(`[data-id="${id}"]`);
        return row ? Math.abs(row.getBoundingClientRect().top - one.getBoundingClientRect().top - top) : null;
      },
      { id: before.id ?? "", top: before.top },
    );
  await painted();
  await expect.poll(moved, { message: "pixels that the list moved" }).toBeLessThanOrEqual(2);
});

test("a link that ended on the phone is told, and nothing can be written into the void", async () => {
  await stage.logOut(ANA);
  await expect(ana.getByTestId("banner")).toContainText("The link was ended on your phone");
  await expect(box()).toHaveCount(0);
  await ana.getByRole("button", { name: "Link WhatsApp" }).click();
  await expect(ana.getByRole("heading", { name: "Link your WhatsApp" })).toBeVisible();
});
