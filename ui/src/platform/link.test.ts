import { expect, it } from "vitest";
import { webAddress } from "./link";

it.each([
  "javascript:alert(1)",
  "file:///etc/passwd",
  "\\\\host\\share",
  "mailto:a@b.c",
  "nonsense",
  "https://a:b@c.d",
])("refuses %s", (address) => {
  expect(webAddress(address)).toBeNull();
});

it("takes web addresses", () => {
  expect(webAddress("https://example.com/a")?.hostname).toBe("example.com");
  expect(webAddress("http://example.com")).not.toBeNull();
});
