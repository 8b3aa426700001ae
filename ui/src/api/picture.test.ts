import { QueryClient } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { connect } from "./access";
import { pictureQuery } from "./queries";

it("keeps a picture under its name only", async () => {
  connect({ host: "bridge", baseUrl: "http://127.0.0.1:1", token: "t" });
  vi.stubGlobal("fetch", async () => new Response("a face", { status: 200 }));
  const client = new QueryClient();
  // It came between the look and the answer. Taken away later, it must not stand there once more.
  expect(await client.fetchQuery(pictureQuery("7f", ""))).toBeNull();
  const face = await client.fetchQuery(pictureQuery("7f", "1001"));
  expect(await face?.text()).toBe("a face");
});
