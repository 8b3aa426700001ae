import "./styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { z } from "zod";
import { connect } from "./api/access";
import { queryClient } from "./api/query-client";
import { Waiting } from "./app/gate";
import { NotStarted } from "./app/not-started";
import { router } from "./app/router";
import { applyTheme } from "./components/theme";
import { Toasts } from "./components/toast";
import i18n from "./i18n";
import { type Connection, platform } from "./platform";

// The content security policy allows no code made at run time, which zod would try for speed.
z.config({ jitless: true });

async function start(root: Root): Promise<void> {
  let connection: Connection | null;
  try {
    connection = await platform.connection();
  } catch (error) {
    // A new key lets the next failure start afresh.
    root.render(<NotStarted key={Date.now()} error={error} onRetry={() => void start(root)} />);
    return;
  }
  if (!connection) {
    root.render(<Waiting title={i18n.t("gate.noAccess")} hint={i18n.t("gate.noAccessHint")} />);
    return;
  }
  connect(connection);
  root.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </StrictMode>,
  );
}

applyTheme();
const place = document.getElementById("root");
if (place) void start(createRoot(place));
