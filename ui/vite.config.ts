import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// During development the screen is served by Vite and everything else comes from a running bridge or server.
const upstream = process.env.OWNLINE_UPSTREAM ?? "http://127.0.0.1:7700";
const bridgeRoutes =
  "^/(health|challenge|status|client-info|qr|link|unlink|restart|server|browser-link|browser-session|passkey|pairing-code|presence|safety|settings)(/|$|[.?])";

export default defineConfig({
  base: "/",
  plugins: [react(), tailwindcss()],
  build: { outDir: "dist", target: "es2022", sourcemap: false, chunkSizeWarningLimit: 900 },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { "/api": { target: upstream, ws: true }, [bridgeRoutes]: { target: upstream } },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    // Far longer than anything takes: a busy machine is no fault.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
