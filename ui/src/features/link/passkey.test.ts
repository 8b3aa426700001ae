import { expect, it } from "vitest";
import { passkeyScript, readAssertion } from "./passkey";

it("takes what a passkey says and nothing else", () => {
  const said = { id: "a", response: { signature: "s", authenticatorData: "d", clientDataJSON: "c" } };
  expect(readAssertion(` ${JSON.stringify(said)}\n`)).toEqual(said);
  for (const text of ["", "hello", "null", "[]", '{"id":"a"}', '{"id":"a","response":{"signature":"s"}}']) {
    expect(readAssertion(text)).toBeNull();
  }
});

it("asks for what WhatsApp asked, as data", () => {
  const hostile = { challenge: "x", rpId: "</script>" };
  const script = passkeyScript(hostile);
  expect(script).not.toContain("</script>");
  expect(() => new Function(script)).not.toThrow();
});
