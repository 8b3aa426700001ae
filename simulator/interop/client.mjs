// One WhatsApp Web session by Baileys, with its keys in a folder, as a program that uses Baileys would have it.
import { verified } from "./strict.mjs";
import { mediaHost } from "./plain_media.mjs";
import { decryptPollVote, downloadMediaMessage, makeWASocket, useMultiFileAuthState, proto } from "@whiskeysockets/baileys";
import { WA_CERT_DETAILS } from "@whiskeysockets/baileys/lib/Defaults/index.js";

export const Status = proto.WebMessageInfo.Status;
export { decryptPollVote, verified };
const WAIT_MS = 60_000;

/** The certificate root is a constant of the library; everything below it is verified as ever. */
export function trust(rootKeyHex) {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKeyHex, "hex");
}

const loud = process.env.OWNLINE_INTEROP_LOG !== undefined;
// libsignal prints whole sessions, keys included.
if (!loud) console.info = console.warn = console.error = () => {};
const noise = (level) => (loud ? (...words) => console.error(level, ...words) : () => {});
const logger = { level: "trace", child: () => logger, trace: noise("trace"), debug: noise("debug"), info: noise("info"), warn: noise("warn"), error: noise("error"), fatal: noise("fatal") };

export class Client {
  #watchers = new Set();
  #socket = null;
  #generation = 0;

  /** `past`: the client wants to know what was before it was linked. */
  constructor(folder, ws, { past = false } = {}) {
    this.folder = folder;
    this.ws = ws;
    this.past = past;
    mediaHost(new URL(ws).host);
    this.forget();
  }

  /** Everything that happened is counted from here. */
  forget() {
    this.messages = [];
    this.updates = [];
    this.presence = [];
    this.connections = [];
    this.codes = [];
    this.history = [];
    this.chats = [];
    this.contacts = [];
    this.groups = [];
  }

  /** Opens a connection. The restart that the network asks for after linking is followed, other ends are not. */
  async connect() {
    const generation = ++this.#generation;
    const { state, saveCreds } = await useMultiFileAuthState(this.folder);
    const socket = makeWASocket({
      waWebSocketUrl: this.ws,
      auth: state,
      logger,
      syncFullHistory: this.past,
      shouldSyncHistoryMessage: () => this.past,
      generateHighQualityLinkPreview: false,
      getMessage: async (key) => this.messages.find((message) => message.key.id === key.id)?.message ?? undefined,
    });
    this.#socket = socket;
    const mine = (handle) => (event) => {
      if (generation !== this.#generation) return;
      handle(event);
      this.#wake();
    };
    let saving = Promise.resolve();
    socket.ev.on("creds.update", () => {
      saving = saving.then(saveCreds);
    });
    socket.ev.on("messages.upsert", mine(({ messages, type }) => this.messages.push(...messages.map((message) => ({ ...message, upsert: type })))));
    socket.ev.on("messages.update", mine((updates) => this.updates.push(...updates)));
    socket.ev.on("messaging-history.set", mine((part) => this.history.push(part)));
    socket.ev.on("chats.update", mine((chats) => this.chats.push(...chats)));
    socket.ev.on("groups.upsert", mine((groups) => this.groups.push(...groups)));
    socket.ev.on("contacts.upsert", mine((contacts) => this.contacts.push(...contacts)));
    socket.ev.on("presence.update", mine((presence) => this.presence.push(presence)));
    socket.ev.on("connection.update", mine((update) => {
      this.connections.push(update);
      if (update.qr) this.codes.push(update.qr);
      if (update.connection === "close" && update.lastDisconnect?.error?.output?.statusCode === 515) {
        saving.then(() => this.connect());
      }
    }));
    this.saved = () => saving;
  }

  /** Ends the connection without a word to the network; the keys stay. */
  async disconnect() {
    this.#generation += 1;
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await socket.end(undefined);
    await this.saved();
  }

  get socket() {
    return this.#socket;
  }

  get me() {
    return this.#socket.authState.creds.me;
  }

  isOpen() {
    return this.connections.some((update) => update.connection === "open");
  }

  /** The reason for which the network ended the connection, or nothing. */
  ended() {
    const closing = this.connections.filter((update) => update.connection === "close");
    return closing.map((update) => update.lastDisconnect?.error?.output?.statusCode).find((code) => code !== 515);
  }

  texts(fromMe = false) {
    return this.messages.filter((message) => message.key.fromMe === fromMe).map(textOf).filter((text) => text !== null);
  }

  /** How far the network says a message of ours has come. */
  statusOf(id) {
    const updates = this.updates.filter((update) => update.key.id === id).map((update) => update.update.status ?? 0);
    // An update that comes while the message itself is still buffered becomes part of it.
    const messages = this.messages.filter((message) => message.key.id === id).map((message) => message.status ?? 0);
    return Math.max(0, ...updates, ...messages);
  }

  wasRefused(id) {
    const updated = this.updates.some((update) => update.key.id === id && update.update.status === Status.ERROR);
    return updated || this.messages.some((message) => message.key.id === id && message.status === Status.ERROR);
  }

  /** Resolves with the first true answer of `probe`, asked whenever something happened here. */
  until(what, probe, ms = WAIT_MS) {
    return new Promise((resolve, reject) => {
      const watcher = () => {
        const answer = probe();
        if (!answer) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve(answer);
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(watcher);
        reject(new Error(`waited ${ms} ms for ${what}; seen: ${this.summary()}`));
      }, ms);
      this.#watchers.add(watcher);
      watcher();
    });
  }

  /** The message with this id, once it is here. */
  message(id) {
    return this.until(`message ${id}`, () => this.messages.find(({ key, message }) => key.id === id && message));
  }

  /** The decrypted file of a message. */
  file(message) {
    return downloadMediaMessage(message, "buffer", {});
  }

  /** The same of a message whose file has expired: the phone is asked for it. */
  async renewedFile(message) {
    return this.file(await this.#socket.updateMediaMessage(message));
  }

  summary() {
    const messages = this.messages.map((message) => `${message.status ?? ""}${message.key.fromMe ? ">" : "<"}${message.key.id}:${textOf(message) ?? Object.keys(message.message ?? { none: 1 }).join("+")}${message.messageStubType ? ` stub ${message.messageStubParameters}` : ""}`);
    const updates = this.updates.map((update) => `${update.key.id}=${update.update.status}`);
    const connections = this.connections.map((update) => update.connection ?? Object.keys(update).join("+"));
    return JSON.stringify({ messages: messages.slice(-12), updates: updates.slice(-12), connections, ended: this.ended() });
  }

  #wake() {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

export function textOf(message) {
  return message.message?.conversation ?? message.message?.extendedTextMessage?.text ?? null;
}
