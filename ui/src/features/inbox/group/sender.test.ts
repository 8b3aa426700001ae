// @vitest-environment node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Message } from "../../../api/model";
import { beginsRun, memberName, senderName, TONES, toneOf } from "./sender";

const said = (over: Partial<Message>): Message => ({
  id: "m",
  conversation_id: "c",
  channel_id: "n",
  wa_id: "3EB0",
  direction: "inbound",
  origin: "customer",
  kind: "text",
  text: "hello",
  status: "delivered",
  position: 1,
  at: new Date(2026, 5, 1, 12).getTime(),
  details: { sender: { id: "5511", name: "Bea" } },
  ...over,
});

describe("a member's colour", () => {
  it("is the same each time, and of those that there are", () => {
    expect(toneOf("5511912345678")).toBe(toneOf("5511912345678"));
    const tones = new Set(Array.from({ length: 200 }, (_, n) => toneOf(`55119${n}`)));
    expect([...tones].sort()).toEqual(Array.from({ length: TONES }, (_, n) => n + 1));
  });

  it("can be read in both themes", () => {
    const css = readFileSync(join(import.meta.dirname, "../../../tokens.css"), "utf8");
    const [light = "", dark = ""] = css.split('[data-theme="dark"]');
    for (const theme of [light, dark]) {
      const token = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(theme)?.[1] ?? "";
      for (let tone = 1; tone <= TONES; tone += 1) {
        expect(contrast(token(`sender-${tone}`), token("in")), `sender ${tone}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
});

function contrast(a: string, b: string): number {
  const light = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [high = 0, low = 0] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

it("calls members by name, else by number, else not at all", () => {
  expect(memberName({ name: "Bea", phone: null })).toBe("Bea");
  expect(memberName({ name: " ", phone: "5511912345678" })).toBe("+55 11 91234-5678");
  expect(memberName({ name: "", phone: null })).toBeNull();
  const members = [{ id: "1", name: "", phone: "5511912345678", admin: false, me: false }];
  expect(senderName({ id: "1", name: "" }, members)).toBe("+55 11 91234-5678");
  expect(senderName({ id: "1", name: "Bea" }, members)).toBe("Bea");
  expect(senderName({ id: "2", name: "" }, undefined)).toBeNull();
});

it("names a writer once in a run", () => {
  const first = said({});
  expect(beginsRun(first, undefined)).toBe(true);
  expect(beginsRun(said({ at: first.at + 1_000 }), first)).toBe(false);
  expect(beginsRun(said({ details: { sender: { id: "5512", name: "Bea" } } }), first), "a namesake").toBe(true);
  expect(beginsRun(said({ direction: "outbound" }), first)).toBe(true);
  expect(beginsRun(said({ at: first.at + 11 * 60_000 }), first)).toBe(true);
  expect(beginsRun(first, said({ kind: "gap" }))).toBe(true);
  const late = new Date(2026, 5, 1, 23, 59).getTime();
  expect(beginsRun(said({ at: late + 120_000 }), said({ at: late }))).toBe(true);
});
