import { expect, it } from "vitest";
import { vcards } from "./vcard";

it("writes cards that cannot smuggle in lines of their own", () => {
  const text = vcards([{ name: "Ana; Moura\nTEL:1", phones: ["+55 11"], emails: [], organisation: "A,B" }]);
  expect(text.split("\r\n")).toEqual([
    "BEGIN:VCARD",
    "VERSION:3.0",
    "N:Ana\\; Moura TEL:1;;;;",
    "FN:Ana\\; Moura TEL:1",
    "ORG:A\\,B",
    "TEL;TYPE=CELL:+55 11",
    "END:VCARD",
    "",
  ]);
});
