import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// Debian's Chromium: no browser of Playwright's own is ever downloaded.
const chromium = [process.env.OWNLINE_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find((path) => path !== undefined && existsSync(path));
if (chromium === undefined) throw new Error("Chromium is missing: run scripts/system-packages");

export default defineConfig({
  testDir: "stories",
  outputDir: "../../artifacts/e2e/results",
  // Far longer than anything takes: a busy machine is no fault.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // A microphone that hears beeps, and nobody to ask whether it may be used.
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
      ],
    },
  },
});
