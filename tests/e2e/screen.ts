// What stories do with a screen, whoever sits before it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, expect, type Page } from "@playwright/test";
import { emailOf, type Machine, PASSWORD, type Stage } from "./stage.ts";

const pictures = join(import.meta.dirname, "../../artifacts/e2e");

const sizes = [
  { name: "wide", width: 1440, height: 900 },
  { name: "middle", width: 1024, height: 768 },
  { name: "narrow", width: 390, height: 844 },
];

/** The screen in both themes and three widths, and nothing for axe to find. */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  const wide = page.viewportSize();
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    for (const { name: size, width, height } of sizes) {
      await page.setViewportSize({ width, height });
      // A theme or a width has settled once two frames were painted.
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
      await page.screenshot({ path: join(pictures, `${name}-${size}-${theme}.png`) });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect.soft(over, `${name} ${size}: pixels that stand over the edge`).toBeLessThanOrEqual(0);
    }
    const found = await new AxeBuilder({ page }).analyze();
    expect.soft(found.violations.map((v) => ({ id: v.id, at: v.nodes.map((n) => n.target) })), `${name} ${theme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  if (wide !== null) await page.setViewportSize(wide);
}

/** A browser of one's own. What its page throws fails the story when it is closed. */
export async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", permissions: ["microphone"] });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("close", () => expect(faults).toEqual([]));
  await page.goto(url);
  return page;
}

export async function signIn(page: Page, stage: Stage, name: string): Promise<void> {
  await page.getByLabel("Server address").fill(stage.deskUrl);
  await page.getByLabel("E-mail").fill(emailOf(name));
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Signed in and linked with the phone of that number, at the inbox. */
export async function linked(
  browser: Browser,
  stage: Stage,
  name: string,
  number: string,
  rules: Record<string, number> = {},
): Promise<{ page: Page; machine: Machine }> {
  const machine = await stage.machine(name, rules);
  const page = await open(browser, machine.link());
  await signIn(page, stage, name);
  await page.getByRole("checkbox", { name: /I have read this/ }).check();
  await page.getByRole("button", { name: "Show QR code" }).click();
  await expect(page.getByRole("img", { name: "QR code to link WhatsApp" })).toBeVisible();
  await stage.scan(number, await machine.code());
  await page.getByRole("button", { name: "Start working" }).click();
  await expect(page.getByText("WhatsApp linked").first()).toBeVisible();
  return { page, machine };
}

export function row(page: Page, name: string) {
  return page.getByTestId("conversation-row").filter({ hasText: name });
}

/** Opens a chat from the list. Until it is there, what stands on the screen belongs to another one. */
export async function openChat(page: Page, name: string): Promise<void> {
  await row(page, name).click();
  await expect(page.getByRole("main", { name: `Conversation with ${name}` })).toBeVisible();
}

export function bubble(page: Page, text: string) {
  return page.getByTestId("bubble").filter({ hasText: text });
}

export function field(page: Page) {
  return page.getByRole("textbox", { name: /^Message to/ });
}

export async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}
