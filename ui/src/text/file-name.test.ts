import { describe, expect, it } from "vitest";
import { canRun, nameParts, nameToSave, trueEnding } from "./file-name";

describe("a file's name", () => {
  it.each([
    ["invoice\u202egpj.exe", "exe"],
    ["photo.jpg\u200b", "jpg"],
    ["a.b.tar.GZ", "gz"],
    ["noending", ""],
    [".hidden", ""],
    ["dot.", ""],
  ])("%j truly ends in %j", (name, ending) => {
    expect(trueEnding(name)).toBe(ending);
  });
  it("tells programs from papers", () => {
    expect(canRun("invoice\u202efdp.EXE")).toBe(true);
    expect(canRun("drawing.svg")).toBe(true);
    expect(canRun("invoice.pdf")).toBe(false);
  });
  it("keeps the ending in sight", () => {
    expect(nameParts("report.PDF")).toEqual({ stem: "report", ending: ".PDF" });
    expect(nameParts("x\u202efdp.exe").stem).not.toContain("\u202e");
  });
  it("leaves the folder it is saved in to the system", () => {
    expect(nameToSave("../../etc/passwd", "file")).toBe("_.._etc_passwd");
    expect(nameToSave("C:\\a\u202e.txt", "file")).toBe("C__a.txt");
    expect(nameToSave("\u202e", "file")).toBe("file");
    expect(nameToSave(null, "file")).toBe("file");
  });
});
