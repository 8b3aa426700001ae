// Messages of every kind, both ways, and what becomes of them afterwards.
import { deflateSync } from "node:zlib";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { bubble, field, linked, look, openChat, write } from "../screen.ts";
import { type Customer, type Line, Stage } from "../stage.ts";

const ANA = "5511988887777";

test.describe.configure({ mode: "serial" });

let stage: Stage;
let ana: Page;
let joana: Customer;

const kind = (name: string): Locator => ana.locator(`[data-testid=bubble][data-kind=${name}]`);

/** What the customer has got, once it is there. */
async function got(what: string, fits: (line: Line) => boolean): Promise<Line> {
  let found: Line | undefined;
  await expect
    .poll(async () => (found = (await joana.received(ANA)).find(fits)) !== undefined, { message: what })
    .toBe(true);
  if (found === undefined) throw new Error(what);
  return found;
}

/** A picture of one colour: a PNG of a few bytes. */
function picture(width: number, height: number): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height, 120);
  for (let y = 0; y < height; y += 1) rows[y * (width * 3 + 1)] = 0;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    let sum = -1;
    for (const byte of body) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    out.writeUInt32BE((sum ^ -1) >>> 0, body.length + 4);
    return out;
  };
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  await stage.phone(ANA, "Ana");
  joana = await stage.customer("5511912345678", "Joana Silva");
  ana = (await linked(browser, stage, "Ana", ANA)).page;
  await joana.writes(ANA, "Hello, a question about my order");
  await ana.getByRole("tab", { name: /^All/ }).click();
  await openChat(ana, "Joana Silva");
  await ana.getByRole("button", { name: "Take ticket" }).click();
  await expect(field(ana)).toBeVisible();
});

test.afterAll(async () => {
  await ana?.context().close();
  await stage?.strike();
});

test("pictures and files arrive, are fetched and can be looked at", async () => {
  await joana.sends(ANA, { media: { kind: "image", generated: {}, caption: "The label on the box" } });
  await expect(kind("image").getByTestId("picture")).toHaveAttribute("data-where", "here");
  await expect(bubble(ana, "The label on the box")).toHaveAttribute("data-kind", "image");
  await kind("image").getByRole("button", { name: "Open picture" }).click();
  await expect(ana.getByTestId("lightbox")).toBeVisible();
  await look(ana, "lightbox");
  await ana.keyboard.press("Escape");
  await expect(ana.getByTestId("lightbox")).toHaveCount(0);
  await expect(kind("image"), "the keyboard stays with the picture").toBeFocused();

  await joana.sends(ANA, { media: { kind: "document", generated: {}, file_name: "invoice\u202efdp.exe" } });
  const document = kind("document");
  await expect(document.getByText("exe", { exact: true }), "the true ending").toBeVisible();
  await expect(document.getByText(/^This is a program/)).toBeVisible();
  const saved = ana.waitForEvent("download");
  await document.getByRole("button", { name: /^Save/ }).click();
  expect((await saved).suggestedFilename()).toBe("invoicefdp.exe");
});

test("voices play, with their waveform, and count as played", async () => {
  await joana.sends(ANA, { media: { kind: "voice", generated: {}, waveform: Array.from({ length: 64 }, (_, n) => n) } });
  const voice = kind("voice").first();
  await expect(voice.getByText("Not played yet")).toBeAttached();
  await voice.getByRole("button", { name: "Play" }).click();
  await expect(voice).toHaveAttribute("data-status", "played");
  await expect(voice.getByTestId("sound")).toHaveAttribute("data-where", "here");
  await expect(voice.getByRole("slider", { name: "Position" })).toBeEnabled();
});

test("places, people, polls, choices and unknown kinds say what they are", async () => {
  await joana.sends(ANA, { location: { latitude: -23.5614, longitude: -46.6559, name: "MASP", address: "Av. Paulista 1578" } });
  await expect(kind("location").getByText("MASP", { exact: true })).toBeVisible();
  await expect(kind("location").getByRole("button", { name: "Open in maps" })).toBeVisible();
  await joana.sends(ANA, { contact: { name: "Rosa Paredes", number: "34612345678" } });
  await expect(kind("contact_card").getByRole("button", { name: "Chat" })).toBeVisible();
  await joana.sends(ANA, { poll: { question: "When?", options: ["Morning", "Evening"], max: 1 } });
  await expect(kind("poll").getByText("Morning")).toBeVisible();
  await joana.sends(ANA, { list_answer: { title: "Talk to a person", row_id: "human" } });
  await expect(kind("choice").getByText("Talk to a person")).toBeVisible();
  await joana.sends(ANA, { unknown: {} });
  await expect(kind("unknown").getByText(/Look on your phone/)).toBeVisible();
  await joana.sends(ANA, { media: { kind: "image", generated: {}, view_once: true } });
  await expect(kind("view_once").getByText(/look on your phone/)).toBeVisible();
  await look(ana, "kinds");
});

test("files leave with their words, what is too large does not", async () => {
  await ana.getByTestId("file-picker").setInputFiles([
    { name: "counter.png", mimeType: "image/png", buffer: picture(320, 200) },
    { name: "huge.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(17 * 1024 * 1024) },
  ]);
  const sheet = ana.getByRole("dialog", { name: "Send 2 files" });
  await expect(sheet.getByText(/^Too large/)).toBeVisible();
  await expect(sheet.getByRole("button", { name: "Send 2 files" })).toBeDisabled();
  await look(ana, "files");
  await sheet.getByRole("button", { name: "Leave out huge.jpg" }).click();
  await ana.getByLabel("Caption of counter.png").fill("Our counter");
  await ana.getByLabel("Caption of counter.png").press("Enter");
  await expect(bubble(ana, "Our counter")).toHaveAttribute("data-status", "delivered");
  const line = await got("the picture", (one) => one.text === "Our counter");
  expect(line.media).toMatchObject({ kind: "image", fetched: { state: "verified" } });
  await expect(bubble(ana, "Our counter").getByTestId("picture")).toHaveAttribute("data-where", "here");
});

test("a voice is recorded, thrown away, recorded again and sent", async () => {
  const record = ana.getByRole("button", { name: "Record a voice message" });
  const timer = ana.getByRole("timer");
  await record.click();
  await expect(timer).toHaveText(/^0:(0[1-9]|[1-5]\d)$/);
  await look(ana, "recording");
  const bar = ana.getByTestId("voice-bar");
  await bar.press("Escape");
  await expect(bar).toHaveCount(0);
  await expect(kind("voice").and(ana.locator("[data-direction=outbound]"))).toHaveCount(0);

  await record.focus();
  await ana.keyboard.press("Enter");
  await expect(timer).toHaveText(/^0:(0[2-9]|[1-5]\d)$/);
  await expect(bar).toHaveAttribute("data-state", "recording");
  await bar.press("Enter");
  const sent = kind("voice").and(ana.locator("[data-direction=outbound]"));
  await expect(sent).toHaveAttribute("data-status", "delivered");
  const line = await got("the voice", (one) => one.media?.kind === "voice");
  expect(line.media?.fetched).toEqual({ state: "verified" });
  expect(line.media?.seconds ?? 0).toBeGreaterThanOrEqual(1);
  expect(Math.max(...(line.media?.waveform ?? [0])), "the beeps can be seen").toBeGreaterThan(0);
});

test("places and people leave", async () => {
  await ana.getByRole("button", { name: "Attach" }).click();
  await ana.getByRole("menuitem", { name: "Place" }).click();
  await ana.getByLabel("Map address or coordinates").fill("https://www.openstreetmap.org/#map=17/-23.5614/-46.6559");
  await ana.getByRole("textbox", { name: "Name", exact: true }).fill("Our shop");
  await ana.getByRole("dialog").getByRole("button", { name: "Send" }).click();
  await expect(bubble(ana, "Our shop")).toHaveAttribute("data-status", "delivered");
  const place = await got("the place", (one) => one.location !== undefined);
  expect(place.location).toMatchObject({ latitude: -23.5614, longitude: -46.6559 });
});

test("reactions go both ways and come off again", async () => {
  await write(ana, "We open at nine");
  const own = bubble(ana, "We open at nine").last();
  await expect(own).toHaveAttribute("data-status", "delivered");
  const line = await got("the words", (one) => one.text === "We open at nine");
  await joana.sends(ANA, { reaction: { id: line.id, emoji: "👍" } });
  await expect(own.getByRole("button", { name: "👍 from 1 person" })).toBeVisible();

  const asked = await joana.writes(ANA, "Thank you!");
  const theirs = bubble(ana, "Thank you!");
  await theirs.hover();
  await theirs.getByRole("button", { name: "React" }).click();
  await ana.getByRole("button", { name: "❤️", exact: true }).click();
  const chip = theirs.getByTestId("reaction");
  await expect(chip).toHaveAttribute("aria-pressed", "true");
  const reactions = async () => (await joana.chat(ANA)).find((one) => one.id === asked)?.reactions?.map((one) => one.emoji) ?? [];
  await expect.poll(reactions).toEqual(["❤️"]);
  await chip.click();
  await expect(chip).toHaveCount(0);
  await expect.poll(reactions).toEqual([]);
});

test("an answer quotes, and a press on the quote goes back", async () => {
  await bubble(ana, "Hello, a question about my order").focus();
  await ana.keyboard.press("r");
  await expect(ana.getByTestId("reply-bar")).toContainText("Hello, a question about my order");
  await expect(field(ana)).toBeFocused();
  await write(ana, "About which order?");
  const answer = bubble(ana, "About which order?");
  await expect(answer).toHaveAttribute("data-status", "delivered");
  const line = await got("the answer", (one) => one.text === "About which order?");
  expect(line.quote?.text).toBe("Hello, a question about my order");
  await answer.getByRole("button", { name: /^Go to the message of Joana Silva/ }).click();
  await expect(ana.locator("[data-testid=bubble]").filter({ hasText: "Hello, a question about my order" }).first()).toBeFocused();
});

test("own words are put right with the arrow key, and taken back after a question", async () => {
  await write(ana, "It costs 10");
  const own = bubble(ana, "It costs 1");
  await expect(own).toHaveAttribute("data-status", "delivered");
  await field(ana).press("ArrowUp");
  await expect(ana.getByTestId("edit-bar")).toBeVisible();
  await expect(field(ana)).toHaveValue("It costs 10");
  await write(ana, "It costs 12");
  await expect(bubble(ana, "It costs 12").getByText("edited")).toBeVisible();
  const line = await got("the correction", (one) => one.text === "It costs 12");
  expect(line.edited).toBe(true);

  await bubble(ana, "It costs 12").focus();
  await ana.keyboard.press("Enter");
  await look(ana, "message-menu");
  await ana.getByRole("menuitem", { name: "Delete for everyone" }).click();
  await ana.getByRole("dialog").getByRole("button", { name: "Delete for everyone" }).click();
  await expect(ana.getByText("You deleted this message")).toBeVisible();
  await expect.poll(async () => (await joana.chat(ANA)).find((one) => one.id === line.id)?.revoked).toBe(true);
});

test("what the customer corrects and deletes changes in place", async () => {
  const id = await joana.writes(ANA, "I live at number 5");
  await expect(bubble(ana, "number 5")).toBeVisible();
  await joana.sends(ANA, { edit: { id, text: "I live at number 7" } });
  await expect(bubble(ana, "I live at number 7").getByText("edited")).toBeVisible();
  await joana.sends(ANA, { revoke: { id } });
  await expect(bubble(ana, "I live at number 7")).toHaveCount(0);
  await expect(kind("revoked").and(ana.locator("[data-direction=inbound]"))).toBeVisible();
});
