import { expect, it } from "vitest";
import { readPlace } from "./place";

it.each([
  "-23.5614, -46.6559",
  "-23.5614 -46.6559",
  "https://www.openstreetmap.org/?mlat=-23.5614&mlon=-46.6559#map=16/1/2",
  "https://www.openstreetmap.org/#map=17/-23.5614/-46.6559",
  "https://www.google.com/maps/place/MASP/@-23.5614,-46.6559,17z/data=x",
  "https://maps.google.com/?q=-23.5614,-46.6559",
  "https://maps.apple.com/?ll=-23.5614%2C-46.6559",
  "geo:-23.5614,-46.6559",
])("reads %s", (text) => {
  expect(readPlace(text)).toEqual({ latitude: -23.5614, longitude: -46.6559 });
});

it.each(["", "Avenida Paulista 900", "91, 10", "10, 181", "https://example.com/1,2"])("refuses %j", (text) => {
  expect(readPlace(text)).toBeNull();
});
