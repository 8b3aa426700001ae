// A mock of both hosts for drawing the screen without the real programs. Development only, never part of a build.
//   node dev/mock-server.mjs [--host bridge|server] [--port 7700] [--state online|signed_out|unlinked|waiting_for_scan|…]
// POST /mock/status sets the bridge's status, POST /mock/event sends an event to all sockets.
// @ts-check

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { WebSocketServer } from "ws";
import { agents, channels, groups, id, items, me, threads } from "./mock-data.mjs";
import { png, tone } from "./mock-kinds.mjs";

/** @param {string} name @param {string} fallback */
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? (process.argv[at + 1] ?? fallback) : fallback;
};
const host = option("host", "bridge");
const port = Number(option("port", "7700"));
const state = option("state", "online");
const dist = new URL("../dist/", import.meta.url);
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const url = "https://desk.example.com";
/** @type {Record<string, any>} */
const status = {
  session: { state: "online", since: Date.now() - 3_600_000 },
  server: { state: "in_sync", url, since: Date.now() - 3_600_000 },
  agent: me,
  number: {
    channel_id: channels[0]?.id,
    number: channels[0]?.number,
    name: me.name,
    default_scope: "shared",
    lends: true,
  },
  outbox: 0,
  sending: 0,
  unread: 4,
  notices: [],
  clock_skew_ms: 12,
};
if (state === "signed_out")
  Object.assign(status, { server: { state: "signed_out" }, agent: null, number: null, session: { state: "unlinked" } });
if (state === "unlinked") Object.assign(status, { session: { state: "unlinked" }, number: null });
let setupNeeded = state === "setup";

/** @type {Set<import("ws").WebSocket>} */
const sockets = new Set();
/** @param {string} name @param {unknown} data */
const tell = (name, data) => {
  for (const socket of sockets) socket.send(JSON.stringify({ type: "event", seq: 1, event: { name, data } }));
};
/** @param {string} code @param {number} http */
const problem = (code, http) => ({ http, body: { type: "about:blank", title: code, status: http, code } });
const conversationOf = (/** @type {any} */ { contact, ticket, ...rest }) => rest;
const page = (/** @type {any[]} */ all, /** @type {URLSearchParams} */ q) => {
  const from = Number(q.get("cursor") ?? 0);
  const to = from + 50;
  return { items: all.slice(from, to), next_cursor: to < all.length ? String(to) : null };
};
const inView = (/** @type {any} */ c, /** @type {string} */ view) =>
  view === "mine"
    ? c.assignee_id === me.id
    : view === "unassigned"
      ? c.ticket?.state === "open"
      : view === "waiting"
        ? c.state === "waiting"
        : view === "closed"
          ? c.state === "closed"
          : view === "archived"
            ? c.on_phone?.archived
            : !c.on_phone?.archived;
const tokens = () => ({
  access_token: "mock",
  access_expires_at: Date.now() + 600_000,
  refresh_token: "mock",
  refresh_expires_at: Date.now() + 6_000_000,
  agent: me,
});

/** @param {string} method @param {string} path @param {URLSearchParams} q @param {any} body @returns {any} */
function answer(method, path, q, body) {
  const key = `${method} ${path}`;
  const conv = items.find((item) => path.startsWith(`/api/conversations/${item.id}`));
  const ticketItem = items.find((item) => item.ticket && path.startsWith(`/api/tickets/${item.ticket.id}`));
  switch (key) {
    case "GET /health":
      return { ok: true };
    case "GET /status":
      return status;
    case "POST /mock/status":
      return Object.assign(status, body);
    case "POST /mock/event":
      return tell(body.name, body.data);
    case "POST /browser-session":
      return body.code === "mock" ? { token: "mock" } : problem("link_used", 410);
    case "POST /browser-link":
      return { url: `http://127.0.0.1:${port}/#code=mock`, expires_at: Date.now() + 60_000 };
    case "POST /server/check":
      return /desk\.example/.test(body.url)
        ? { ok: true, product: "ownline-server", protocol: 1, protocol_min: 1, setup_needed: false }
        : problem("not_an_ownline_server", 422);
    case "POST /server/sign-in":
      if (body.password === "wrong") return problem("wrong_credentials", 401);
      return Object.assign(status, { server: { state: "in_sync", url, since: Date.now() }, agent: me });
    case "POST /server/sign-out":
      return Object.assign(status, { server: { state: "signed_out" }, agent: null });
    case "POST /link":
      return Object.assign(status, {
        session: {
          state: "waiting_for_scan",
          code_expires_at: Date.now() + 20_000,
          attempt_expires_at: Date.now() + 120_000,
        },
      });
    case "POST /unlink":
      return Object.assign(status, { session: { state: "unlinked" }, number: null });
    case "POST /restart":
      return null;
    case "GET /qr":
      return {
        code: `2@${"AbCdEf0123456789".repeat(8)},${"k".repeat(44)},${"i".repeat(44)},${"s".repeat(44)},1`,
        expires_at: Date.now() + 20_000,
        attempt_expires_at: Date.now() + 120_000,
      };
    case "GET /api/health":
      return { ok: true, product: "ownline-server", protocol: 1, protocol_min: 1, setup_needed: setupNeeded };
    case "POST /api/setup":
      setupNeeded = false;
      return tokens();
    case "POST /api/auth/login":
      return body.password === "wrong" ? problem("wrong_credentials", 401) : tokens();
    case "POST /api/auth/refresh":
      return tokens();
    case "GET /api/auth/profile":
      return me;
    case "GET /api/agents":
      return agents;
    case "POST /api/agents":
      return {
        agent: { ...agents[1], ...body, id: id(), enrolled: false },
        code: "K7QF-2MXR-9TDW",
        expires_at: Date.now() + 86_400_000,
      };
    case "GET /api/channels":
      return channels;
    case "GET /api/contacts": {
      const asked = (q.get("q") ?? "").toLowerCase();
      return page(
        items
          .map((item) => item.contact)
          .filter((c) => c.name.toLowerCase().includes(asked))
          .sort((a, b) => a.name.localeCompare(b.name)),
        q,
      );
    }
    case "GET /api/conversations": {
      const asked = (q.get("q") ?? "").toLowerCase();
      return page(
        items
          .filter(
            (c) =>
              inView(c, q.get("view") ?? "all") &&
              (c.contact.name.toLowerCase().includes(asked) || c.contact.phone?.includes(asked)),
          )
          .sort((a, b) => b.last_activity_at - a.last_activity_at),
        q,
      );
    }
    case "GET /api/conversations/counts":
      return {
        ...Object.fromEntries(
          ["mine", "unassigned", "all", "waiting", "closed", "archived"].map((view) => [
            view,
            items.filter((c) => inView(c, view)).length,
          ]),
        ),
        unread: items.reduce((sum, c) => sum + c.unread, 0),
      };
    case "GET /api/tickets":
      return page(
        items
          .flatMap((item) => (item.ticket ? [item.ticket] : []))
          .filter(
            (t) =>
              (!q.get("state") || t.state === q.get("state")) &&
              (!q.get("assignee") || t.assignee_id === q.get("assignee")),
          ),
        q,
      );
  }
  const own = bridgeOnly(method, path, body, conv);
  if (own !== undefined) return own;
  const contact = items.find((item) => path === `/api/contacts/${item.contact.id}`)?.contact;
  if (contact) return method === "PATCH" ? Object.assign(contact, body, { version: contact.version + 1 }) : contact;
  if (/\/enrolment$/.test(path))
    return { agent: agents[3], code: "K7QF-2MXR-9TDW", expires_at: Date.now() + 86_400_000 };
  if (conv && path.endsWith("/read")) {
    conv.unread = 0;
    return null;
  }
  if (conv && path.endsWith("/messages")) {
    const all = threads.get(conv.id) ?? [];
    if (method === "GET") {
      const end = q.get("cursor") ? Number(q.get("cursor")) : all.length;
      const from = Math.max(0, end - 50);
      return { items: all.slice(from, end), next_cursor: from > 0 ? String(from) : null };
    }
    const message = {
      ...all[0],
      id: body.id,
      text: body.text,
      kind: "text",
      direction: "outbound",
      origin: "desk",
      author_id: me.id,
      status: "queued",
      failure: null,
      wa_id: `3EB0${body.id.slice(-8)}`,
      position: all.length + 1,
      at: Date.now(),
      ticket_id: conv.ticket_id,
    };
    all.push(/** @type {any} */ (message));
    for (const [after, next] of /** @type {[number, string][]} */ ([
      [600, "sent"],
      [1200, "delivered"],
      [2000, "read"],
    ])) {
      setTimeout(() => {
        message.status = /** @type {any} */ (next);
        tell("message:status", { ...message });
      }, after);
    }
    return message;
  }
  if (conv) return conv;
  if (ticketItem?.ticket) {
    const ticket = ticketItem.ticket;
    if (path.endsWith("/assign") && ticketItem.contact.name.startsWith("Mehmet")) {
      Object.assign(ticket, { state: "assigned", assignee_id: agents[1]?.id, version: ticket.version + 1 });
      return problem("ticket_taken", 409);
    }
    if (path.endsWith("/assign"))
      Object.assign(ticket, { state: "assigned", assignee_id: body.to ?? me.id, assigned_at: Date.now() });
    if (path.endsWith("/resolve"))
      Object.assign(ticket, { state: "resolved", resolved_at: Date.now(), resolution_note: body.note });
    if (path.endsWith("/close")) Object.assign(ticket, { state: "closed", closed_at: Date.now() });
    if (path.endsWith("/reopen")) Object.assign(ticket, { state: "in_progress", resolved_at: null });
    ticket.version += 1;
    ticketItem.assignee_id = ticket.assignee_id ?? null;
    tell("ticket:updated", ticket);
    tell("conversation:updated", conversationOf(ticketItem));
    return ticket;
  }
  return problem("not_found", 404);
}

const settings = { read_receipts: "on_view", default_scope: "shared", lends: true };
const meters = [
  ["replies_minute", 3, 20],
  ["sends_minute", 8, 8],
  ["sends_hour", 41, 80],
  ["sends_day", 118, 400],
  ["new_chats_day", 5, 5],
].map(([code, used, limit]) => ({ code, used, limit, free_at: used === limit ? Date.now() + 50_000 : null }));

/** What only the bridge answers. @param {string} method @param {string} path @param {any} body @param {any} conv @returns {any} */
function bridgeOnly(method, path, body, conv) {
  const held = [...threads.values()].flat().filter((message) => message.details?.hold);
  const message = [...threads.values()].flat().find((one) => path.startsWith(`/api/messages/${one.id}`));
  switch (`${method} ${path}`) {
    case "GET /settings":
      return settings;
    case "PUT /settings":
      return Object.assign(settings, body);
    case "PUT /presence":
    case "POST /link/cancel":
      return null;
    case "GET /pairing-code":
      return { code: "K7QF2MXR", phone: "+5511988887777", expires_at: Date.now() + 160_000 };
    case "GET /passkey":
      return {
        options: { challenge: "Y2hhbGxlbmdl", rpId: "whatsapp.com", allowCredentials: [] },
        until: Date.now() + 90_000,
      };
    case "GET /safety":
      return {
        mode: "new_chats_frozen",
        reason: null,
        until: Date.now() + 5 * 3_600_000,
        meters,
        opted_out: 2,
        held: held.map((one) => ({
          message_id: one.id,
          conversation_id: one.conversation_id,
          name: items.find((item) => item.id === one.conversation_id)?.contact.name,
          hold: one.details?.hold,
        })),
      };
    case "GET /safety/opt-outs":
      return items.slice(4, 6).map((item) => ({
        contact_id: item.contact.id,
        name: item.contact.name,
        word: "STOP",
        at: Date.now() - 7_200_000,
      }));
  }
  if (path.endsWith("/merges"))
    return [
      {
        id: "0190b000-0000-7000-8000-ffffffffffff",
        contact_id: items[0]?.contact.id,
        merged: { ...items[4]?.contact, name: "Joana S." },
        reason: "same_lid",
        at: Date.now() - 86_400_000,
        undone_at: null,
      },
    ];
  if (conv && path.endsWith("/scope")) return Object.assign(conv, { scope: body.scope, version: conv.version + 1 });
  if (conv && path.endsWith("/group")) return groups.get(conv.id) ?? problem("not_a_group", 404);
  if (conv && path.endsWith("/older")) return problem("phone_offline", 503);
  if (conv && path.endsWith("/team-view")) {
    const all = (threads.get(conv.id) ?? []).slice(-12);
    const hide = conv.scope === "metadata";
    return {
      scope: conv.scope,
      conversation: conv.scope === "private" ? null : conv,
      messages: conv.scope === "private" ? [] : all.map((one) => (hide ? { ...one, text: null } : one)),
      withheld: conv.scope === "private" ? all.length : 3,
    };
  }
  if (path.startsWith("/api/media"))
    return {
      id: id(),
      kind: "document",
      attachment: { mime: "application/pdf", size: 1000, file_name: "a.pdf", state: { at: "here" } },
    };
  if (!message) return undefined;
  if (path.endsWith("/reaction")) {
    const reactions = (message.details?.reactions ?? []).filter((one) => one.direction === "inbound");
    if (body.emoji) reactions.push({ emoji: body.emoji, direction: "outbound", at: Date.now() });
    message.details = { ...message.details, reactions };
  } else if (method === "PATCH")
    Object.assign(message, { text: body.text, details: { ...message.details, edited_at: Date.now() } });
  else if (method === "DELETE" && message.status === "queued")
    Object.assign(message, {
      status: "failed",
      failure: { code: "cancelled", detail: "", retryable: false },
      details: {},
    });
  else if (method === "DELETE")
    Object.assign(message, { kind: "revoked", text: null, details: { revoked_at: Date.now() } });
  else return null;
  return message;
}

const web = createServer(async (request, response) => {
  const at = new URL(request.url ?? "/", "http://mock");
  const api =
    at.pathname.startsWith("/api/") ||
    /^\/(mock|status|health|qr|link|unlink|restart|server|browser-|safety|settings|presence|passkey|pairing-code)/.test(
      at.pathname,
    );
  if (!api) {
    const file = new URL(`.${at.pathname}`, dist);
    if (at.pathname !== "/" && existsSync(file) && extname(at.pathname)) {
      response.setHeader(
        "content-type",
        TYPES[/** @type {keyof typeof TYPES} */ (extname(at.pathname))] ?? "application/octet-stream",
      );
      response.end(readFileSync(file));
      return;
    }
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.setHeader("content-security-policy", CSP);
    response.end(
      readFileSync(new URL("index.html", dist), "utf8").replace(
        'name="ownline-host" content=""',
        `name="ownline-host" content="${host}"`,
      ),
    );
    return;
  }
  if (
    at.pathname.endsWith("/picture") &&
    !items.some((item) => at.pathname.includes(item.contact.id) && item.contact.picture_id)
  ) {
    response.writeHead(404, { "content-type": "application/problem+json" });
    response.end(JSON.stringify(problem("no_picture", 404).body));
    return;
  }
  const bytes = at.pathname.endsWith("/media") && request.method === "GET";
  if (bytes || at.pathname.endsWith("/picture")) {
    const of = [...threads.values()].flat().find((message) => at.pathname.includes(message.id));
    const sound = of?.kind === "voice" || of?.kind === "audio";
    response.writeHead(200, { "content-type": sound ? "audio/wav" : "image/png" });
    response.end(sound ? tone() : png());
    return;
  }
  let text = "";
  for await (const chunk of request) text += chunk;
  const said = answer(
    request.method ?? "GET",
    at.pathname,
    at.searchParams,
    text ? (text.startsWith("{") ? JSON.parse(text) : {}) : {},
  );
  const http = said?.http ?? (said === undefined || said === null ? 204 : 200);
  response.writeHead(http, { "content-type": http >= 400 ? "application/problem+json" : "application/json" });
  response.end(http === 204 ? "" : JSON.stringify(said?.http ? said.body : said));
});
const wss = new WebSocketServer({ server: web });
wss.on("connection", (socket) => {
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data));
    if (frame.type === "hello") {
      sockets.add(socket);
      socket.send(JSON.stringify({ type: "welcome", protocol: 1 }));
    }
    if (frame.type === "ping") socket.send(JSON.stringify({ type: "pong" }));
  });
  socket.on("close", () => sockets.delete(socket));
});
process.on("uncaughtException", (error) => console.error(error));
web.listen(port, "127.0.0.1", () => console.error(`mock ${host} on http://127.0.0.1:${port}/#code=mock`));
