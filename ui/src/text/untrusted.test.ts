import { describe, expect, it } from "vitest";
import { graphemes, initials, pieces, safeName, safeText, trueHost } from "./untrusted";

describe("names from strangers", () => {
  it("shows the true ending of a reversed file name", () => {
    expect(safeName("invoice\u202egpj.exe")).toBe("invoice␣gpj.exe");
  });
  it("marks zero-width and control characters, and keeps the joiners of emoji and scripts", () => {
    expect(safeName("A\u200bn\u0000a")).toBe("A␣n␣a");
    expect(safeName("👩‍💻 می‌خواهم")).toBe("👩‍💻 می‌خواهم");
  });
  it("never shows nothing", () => {
    expect(safeName("  ")).toBe("␣");
    expect(safeName("")).toBe("␣");
  });
  it("caps a name of a mebibyte and a letter under a thousand accents", () => {
    expect(Array.from(safeName("x".repeat(1 << 20))).length).toBe(257);
    expect(safeName(`a${"\u0301".repeat(1000)}`).length).toBeLessThan(20);
  });
  it("counts graphemes as people do", () => {
    expect(graphemes("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 2)).toBe("👨‍👩‍👧👨‍👩‍👧…");
  });
  it("makes initials in any script", () => {
    expect(initials("Joana Silva")).toBe("JS");
    expect(initials("دانا عمر")).toBe("دع");
    expect(initials("+55 11 91234-5678")).toBe("#");
  });
});

describe("texts from strangers", () => {
  it("keeps lines and tabs", () => {
    expect(safeText("a\r\n\tb\u202e")).toBe("a\n\tb␣");
  });
  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "file:///etc/passwd",
    "\\\\server\\share",
    "data:text/html,x",
    "https://user:pw@evil.example",
  ])("makes no link of %s", (text) => {
    expect(pieces(text).some((piece) => piece.href)).toBe(false);
  });
  it("links web addresses without the sentence around them", () => {
    expect(pieces("See https://example.com/a?b=1. Bye")).toEqual([
      { text: "See " },
      { text: "https://example.com/a?b=1", href: "https://example.com/a?b=1" },
      { text: ". Bye" },
    ]);
  });
  it("tells the host behind letters that only look like others", () => {
    expect(trueHost("https://аpple.com/x")).toMatch(/^xn--/);
    expect(trueHost("https://apple.com/x")).toBeNull();
  });
});
