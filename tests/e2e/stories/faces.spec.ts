// The faces of customers: they come when somebody looks, change when the customers change them, and go when they are taken away.
import { expect, type Locator, type Page, test } from "@playwright/test";
import { linked, look, row } from "../screen.ts";
import { type Customer, Stage } from "../stage.ts";

const ANA = "5511988887777";

let stage: Stage;
let ana: Page;
let joana: Customer;
let mehmet: Customer;

test.beforeAll(async ({ browser }) => {
  stage = await Stage.set();
  stage.account("Ana", "agent");
  await stage.phone(ANA, "Ana");
  joana = await stage.customer("5511912345678", "Joana Silva");
  mehmet = await stage.customer("905321234567", "Mehmet Kaya");
  await joana.showsPicture(7);
  ({ page: ana } = await linked(browser, stage, "Ana", ANA));
  await ana.getByRole("tab", { name: /^All/ }).click();
});

test.afterAll(async () => {
  await ana?.context().close();
  await stage?.strike();
});

/** The colours of what is really drawn, two far apart, once there is something. */
async function colours(face: Locator): Promise<string> {
  await expect(face).toBeVisible();
  return face.evaluate(async (element) => {
    const picture = element as HTMLImageElement;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
    const context = canvas.getContext("2d");
    context?.drawImage(picture, 0, 0);
    const at = (x: number, y: number) => [...(context?.getImageData(x, y, 1, 1).data ?? [])].join();
    return `${at(20, 20)} ${at(60, 20)}`;
  });
}

test("a customer's face stands in the list and in the chat", async () => {
  await joana.writes(ANA, "Do you see me?");
  await mehmet.writes(ANA, "I show nothing");
  const face = row(ana, "Joana Silva").getByTestId("face");
  const first = await colours(face);
  await expect(row(ana, "Mehmet Kaya")).toBeVisible();
  await expect(row(ana, "Mehmet Kaya").getByTestId("face")).toHaveCount(0);
  await row(ana, "Joana Silva").click();
  await expect(ana.getByTestId("face").nth(1)).toBeVisible();
  await look(ana, "faces");

  await joana.showsPicture(8);
  // While one picture takes the other's place there is a moment with neither to decode.
  await expect(async () => expect(await colours(face)).not.toBe(first)).toPass({ timeout: 60_000 });
  await joana.hidesPicture();
  await expect(ana.getByTestId("face")).toHaveCount(0);
  await mehmet.showsPicture(9);
  await colours(row(ana, "Mehmet Kaya").getByTestId("face"));
});
