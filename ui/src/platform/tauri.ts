import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { webAddress } from "./link";
import type { Platform } from "./types";

/** The desktop shell: it started the bridge and knows its address and token; it shows notifications and the tray itself. */
export function tauriPlatform(): Platform {
  return {
    kind: "tauri",
    setupToken: null,
    async connection() {
      const { url, token } = await invoke<{ url: string; token: string }>("bridge_connection");
      return { host: "bridge", baseUrl: url.replace(/\/$/, ""), token };
    },
    async openExternal(address) {
      const url = webAddress(address);
      if (!url) throw new Error("not a web address");
      await invoke("open_external", { url: url.href });
    },
    setBadge() {},
    notify() {},
    async askToNotify() {},
    onOpenConversation(open) {
      const stop = listen<string>("open-conversation", (event) => open(event.payload));
      return () => {
        void stop.then((unlisten) => unlisten());
      };
    },
  };
}
