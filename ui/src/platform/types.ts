/** How to reach the host that serves this screen, and how to prove who we are to it. */
export interface Connection {
  host: "bridge" | "server";
  /** Without a trailing slash; empty for the page's own origin. */
  baseUrl: string;
  /** The bridge's token. Absent on the server, where people sign in with a password. */
  token: string | null;
}

export interface Notice {
  title: string;
  body: string;
  /** Opened when the notice is clicked. */
  conversationId: string;
}

/** Everything the screen needs from whatever it runs in. Nothing else in the screen knows what that is. */
export interface Platform {
  readonly kind: "tauri" | "browser";
  /** Null where no way in is known: a browser tab without a valid link. `refused`: a token that no longer counts. */
  connection(refused?: string): Promise<Connection | null>;
  /** The first-run token, where the address that was opened carried one. */
  readonly setupToken: string | null;
  /** Opens an http(s) address outside; anything else is refused. */
  openExternal(address: string): Promise<void>;
  setBadge(unread: number): void;
  /** Whether notices are shown by this screen (the desktop shell shows its own). */
  notify(notice: Notice): void;
  askToNotify(): Promise<void>;
  /** The shell asks to show a conversation, say after a click on a notification. */
  onOpenConversation(open: (conversationId: string) => void): () => void;
}
