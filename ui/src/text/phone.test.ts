import { expect, it } from "vitest";
import { contactPhone, prettyPhone } from "./phone";
import forms from "./phone-forms.json";

it.each(Object.entries(forms))("groups %s as the backend does", (number, form) => {
  expect(prettyPhone(number)).toBe(form);
});

it("shows a number that is the name in the form of the name", () => {
  expect(contactPhone({ name: "+49 1511 2345678", phone: "+4915112345678" })).toBe("+49 1511 2345678");
  expect(contactPhone({ name: "Carla", phone: "+5511987654321" })).toBe("+55 11 98765-4321");
});

it.each(["+49 1511 2345679", "Carla +4915112345678", "+4915112345678\u202e"])(
  "is not deceived by the name %j",
  (name) => {
    expect(contactPhone({ name, phone: "+4915112345678" })).toBe("+4915112345678");
  },
);

it("has nothing to show of a hidden number", () => {
  expect(contactPhone({ name: "Carla", phone: null })).toBe("");
});
