import { webAddress } from "./link";
import type { Connection, Notice, Platform } from "./types";

const CODE = /^#code=([\w-]+)$/;
const SETUP_TOKEN = /^#token=([\w-]+)$/;
const TOKEN_KEY = "ownline.bridge-token";

function servingHost(): Connection["host"] {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="ownline-host"]');
  return meta?.content === "bridge" ? "bridge" : "server";
}

/** The secret in the address, such as a browser link's code. It leaves the address bar before anything else happens. */
function takeSecret(shape: RegExp): string | null {
  const match = shape.exec(window.location.hash);
  if (!match) return null;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return match[1] ?? null;
}

async function redeem(code: string): Promise<string | null> {
  const answer = await fetch("/browser-session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (!answer.ok) return null;
  const { token } = (await answer.json()) as { token: string };
  return token;
}

export function browserPlatform(): Platform {
  const code = takeSecret(CODE);
  const setupToken = takeSecret(SETUP_TOKEN);
  // A fresh link pasted into this very tab changes only the fragment: start over with it.
  window.addEventListener("hashchange", () => {
    if (CODE.test(window.location.hash)) window.location.reload();
  });
  let opener: ((id: string) => void) | null = null;
  return {
    kind: "browser",
    setupToken,
    async connection(refused) {
      if (servingHost() === "server") return { host: "server", baseUrl: "", token: null };
      if (code) {
        const token = await redeem(code).catch(() => null);
        if (token) window.sessionStorage.setItem(TOKEN_KEY, token);
      }
      const token = window.sessionStorage.getItem(TOKEN_KEY);
      // A bridge that was started again has another token; only a fresh link helps.
      if (token && token === refused) window.sessionStorage.removeItem(TOKEN_KEY);
      return token && token !== refused ? { host: "bridge", baseUrl: "", token } : null;
    },
    async openExternal(address) {
      const url = webAddress(address);
      if (!url) throw new Error("not a web address");
      window.open(url.href, "_blank", "noopener,noreferrer");
    },
    setBadge(unread) {
      document.title = unread > 0 ? `(${unread}) Ownline` : "Ownline";
    },
    notify(notice: Notice) {
      if (!("Notification" in window) || Notification.permission !== "granted") return;
      const shown = new Notification(notice.title, { body: notice.body, tag: notice.conversationId });
      shown.onclick = () => {
        window.focus();
        opener?.(notice.conversationId);
        shown.close();
      };
    },
    async askToNotify() {
      if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
    },
    onOpenConversation(open) {
      opener = open;
      return () => {
        opener = null;
      };
    },
  };
}
