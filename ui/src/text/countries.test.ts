import { expect, it } from "vitest";
import { countries, likelyCountry } from "./countries";

it("lists countries by name", () => {
  const all = countries("en");
  expect(all.find((country) => country.code === "BR")?.name).toBe("Brazil");
  expect(all.map((country) => country.name)).toEqual(
    all.map((country) => country.name).toSorted((a, b) => a.localeCompare(b, "en")),
  );
});

it("guesses from the first language that names a country", () => {
  expect(likelyCountry(["en", "pt-BR", "en-GB"])).toBe("BR");
  expect(likelyCountry(["en"])).toBeNull();
  expect(likelyCountry(["C", "c.utf-8", "", "de-AT"])).toBe("AT");
});
