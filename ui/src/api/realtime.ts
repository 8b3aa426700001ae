import type { QueryClient } from "@tanstack/react-query";
import { baseUrl, bearer } from "./access";
import { applyEvent } from "./cache";
import type { ClientFrame, DeskEvent, Id, ServerFrame } from "./model";
import { Overtaken } from "./overtaken";

const PROTOCOL = 1;
const PING_EVERY_MS = 20_000;
const DEAD_AFTER_MS = 45_000;

type Listener = (event: DeskEvent) => void;
export type SocketState = "connecting" | "live" | "waiting";

/** The one socket of this screen: keeps the cache fresh, and comes back by itself. */
export class Realtime {
  #client: QueryClient;
  #overtaken: Overtaken;
  #socket: WebSocket | null = null;
  #rooms = new Map<string, number>([["desk", 1]]);
  #listeners = new Set<Listener>();
  #watchers = new Set<() => void>();
  #attempt = 0;
  /** The rooms were asked for, and the host has not said anything since. */
  #entering = false;
  #ended = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #heard = 0;
  state: SocketState = "connecting";

  constructor(client: QueryClient) {
    this.#client = client;
    this.#overtaken = new Overtaken(client);
  }

  start(): void {
    this.#ended = false;
    window.addEventListener("online", this.#now);
    void this.#open();
  }

  stop(): void {
    this.#ended = true;
    window.removeEventListener("online", this.#now);
    clearTimeout(this.#retry);
    clearInterval(this.#pulse);
    this.#socket?.close();
    this.#socket = null;
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Rooms are counted, so that two parts of the screen may want the same one. */
  join(conversation: Id): () => void {
    const room = `conversation:${conversation}`;
    const count = this.#rooms.get(room) ?? 0;
    this.#rooms.set(room, count + 1);
    if (count === 0) this.#send({ type: "subscribe", room });
    return () => {
      const left = (this.#rooms.get(room) ?? 1) - 1;
      if (left > 0) this.#rooms.set(room, left);
      else {
        this.#rooms.delete(room);
        this.#send({ type: "unsubscribe", room });
      }
    };
  }

  typing(conversation: Id, typing: boolean): void {
    this.#send({ type: "typing", conversation_id: conversation, typing });
  }

  #now = (): void => {
    if (this.state !== "waiting") return;
    clearTimeout(this.#retry);
    void this.#open();
  };

  #send(frame: ClientFrame): void {
    if (this.state === "live") this.#socket?.send(JSON.stringify(frame));
  }

  #turn(state: SocketState): void {
    if (this.state === state) return;
    this.state = state;
    for (const tell of this.#watchers) tell();
  }

  async #open(): Promise<void> {
    if (this.#ended) return;
    this.#turn("connecting");
    const token = await bearer().catch(() => null);
    if (this.#ended) return;
    if (token === null) {
      this.#later();
      return;
    }
    const url = new URL(`${baseUrl()}/api/realtime`, window.location.origin);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#heard = Date.now();
      socket.send(JSON.stringify({ type: "hello", token, protocol: PROTOCOL } satisfies ClientFrame));
    };
    socket.onmessage = (message) => {
      if (socket === this.#socket) this.#hear(String(message.data));
    };
    socket.onclose = (closed) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      clearInterval(this.#pulse);
      // The token was refused: the next one must be fresh. On a bridge this changes nothing.
      if (closed.code === 4401) void bearer(true).catch(() => undefined);
      this.#later();
    };
  }

  #later(): void {
    if (this.#ended) return;
    this.#turn("waiting");
    const ceiling = Math.min(500 * 2 ** this.#attempt, 15_000);
    this.#attempt += 1;
    this.#retry = setTimeout(() => void this.#open(), ceiling / 2 + (Math.random() * ceiling) / 2);
  }

  #hear(text: string): void {
    this.#heard = Date.now();
    const frame = parse(text);
    if (frame?.type === "welcome") this.#welcome();
    else if (frame?.type === "pong") this.#entered();
    else if (frame?.type === "event") {
      this.#overtaken.by(frame.event);
      applyEvent(this.#client, frame.event);
      for (const tell of this.#listeners) tell(frame.event);
    }
  }

  #welcome(): void {
    this.#attempt = 0;
    this.#turn("live");
    for (const room of this.#rooms.keys()) this.#send({ type: "subscribe", room });
    // Frames are taken in turn: what answers this one has entered the rooms before.
    this.#entering = true;
    this.#send({ type: "ping" });
    clearInterval(this.#pulse);
    this.#pulse = setInterval(() => {
      if (Date.now() - this.#heard > DEAD_AFTER_MS) this.#socket?.close();
      else this.#send({ type: "ping" });
    }, PING_EVERY_MS);
  }

  /** Whatever happened before is in the answers, not in the events; those that the screen has may be older than this. */
  #entered(): void {
    if (!this.#entering) return;
    this.#entering = false;
    this.#overtaken.byAnything();
  }
}

function parse(text: string): ServerFrame | null {
  try {
    return JSON.parse(text) as ServerFrame;
  } catch {
    return null;
  }
}
