import { expect, it } from "vitest";
import type { Message } from "../../../api/model";
import { EDIT_WINDOW_MS, isKnown, mayCancel, mayEdit, mayRevoke, REVOKE_WINDOW_MS } from "./rights";

const own: Message = {
  id: "m",
  conversation_id: "c",
  channel_id: "n",
  wa_id: "3EB0",
  direction: "outbound",
  origin: "desk",
  kind: "text",
  text: "hello",
  status: "sent",
  position: 1,
  at: 1_000,
};

it("lets own words be changed for a quarter of an hour", () => {
  expect(mayEdit(own, 1_000)).toBe(true);
  expect(mayEdit(own, 1_000 + EDIT_WINDOW_MS)).toBe(false);
  expect(mayEdit({ ...own, kind: "image" }, 1_000)).toBe(false);
  expect(mayEdit({ ...own, direction: "inbound" }, 1_000)).toBe(false);
});

it("lets own messages be taken back, not what never left or is gone already", () => {
  expect(mayRevoke({ ...own, kind: "image" }, 1_000)).toBe(true);
  expect(mayRevoke(own, 1_000 + REVOKE_WINDOW_MS)).toBe(false);
  for (const status of ["queued", "failed"] as const) expect(mayRevoke({ ...own, status }, 1_000)).toBe(false);
  expect(mayRevoke({ ...own, kind: "revoked" }, 1_000)).toBe(false);
  expect(mayRevoke({ ...own, direction: "inbound" }, 1_000)).toBe(false);
});

it("lets only what waits be kept from leaving", () => {
  expect(mayCancel({ ...own, status: "queued" })).toBe(true);
  expect(mayCancel({ ...own, status: "queued", wa_id: "" })).toBe(false);
  expect(mayCancel({ ...own, status: "queued", direction: "inbound" })).toBe(false);
  for (const status of ["sent", "read", "failed"] as const) expect(mayCancel({ ...own, status })).toBe(false);
});

it("knows what can be answered", () => {
  expect(isKnown({ ...own, direction: "inbound", status: "read" })).toBe(true);
  expect(isKnown({ ...own, wa_id: "" })).toBe(false);
  expect(isKnown({ ...own, status: "queued" })).toBe(false);
  expect(isKnown({ ...own, kind: "gap" })).toBe(false);
});
