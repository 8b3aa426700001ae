import { expect, it } from "vitest";
import type { ConversationItem } from "../../api/model";
import { shownIn } from "./list-view";

const items = [
  { id: "a" },
  { id: "b", on_phone: { archived: true, pinned: false } },
  { id: "c", on_phone: { archived: false, pinned: true } },
] as ConversationItem[];
const ids = (view: Parameters<typeof shownIn>[1], q = "") => shownIn(items, view, q).map((item) => item.id);

it("puts archived chats out of sight, not out of work or search", () => {
  expect(ids("all")).toEqual(["a", "c"]);
  expect(ids("waiting")).toEqual(["a", "c"]);
  expect(ids("archived")).toEqual(["b"]);
  expect(ids("mine")).toEqual(["a", "b", "c"]);
  expect(ids("all", "joana")).toEqual(["a", "b", "c"]);
});
