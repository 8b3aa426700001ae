// Invented people and chats for the mock server. Never part of a build.
// @ts-check
import { kinds } from "./mock-kinds.mjs";

/** @typedef {import("../src/api/model").Message} Message */
/** @typedef {import("../src/api/model").ConversationItem} ConversationItem */

const now = Date.now();
const MIN = 60_000;
const DAY = 24 * 60 * MIN;
let counter = 0;
/** A stable id for each thing. */
export const id = () => {
  counter += 1;
  return `0190b000-0000-7000-8000-${String(counter).padStart(12, "0")}`;
};

/** @param {string} name @param {import("../src/api/model").Role} role @param {object} more */
const agent = (name, role, more = {}) => ({
  id: id(),
  version: 1,
  name,
  email: `${name.split(" ")[0]?.toLowerCase()}@example.com`,
  role,
  active: true,
  enrolled: true,
  created_at: now - 200 * DAY,
  ...more,
});
export const agents = [
  agent("Ana Moura", "admin"),
  agent("Bruno Lima", "agent"),
  agent("Chitra Rao", "supervisor"),
  agent("Dmitri Volkov", "agent", { enrolled: false }),
  agent("Esra Kaya", "agent", { active: false }),
];
const [ana, bruno] = agents;
if (!ana || !bruno) throw new Error("people are missing");
export const me = ana;

/** @param {typeof ana} owner @param {string} number @param {object} more */
const channel = (owner, number, more = {}) => ({
  id: id(),
  version: 1,
  number,
  name: owner.name,
  owner_id: owner.id,
  lends: true,
  session: /** @type {const} */ ("online"),
  owner_online: true,
  updated_at: now,
  ...more,
});
export const channels = [channel(ana, "+5511988887777"), channel(bruno, "+5511977776666", { owner_online: false })];

/** @type {Map<string, Message[]>} */
export const threads = new Map();
/** @type {ConversationItem[]} */
export const items = [];
const ticketNumber = 1030;

/** @typedef {["in" | "out" | "phone", string, number, string?]} Line */
/**
 * @param {object} spec
 * @param {string} spec.name
 * @param {string | null} spec.phone
 * @param {Line[]} spec.lines
 * @param {import("../src/api/model").TicketState | null} [spec.ticket]
 * @param {string} [spec.subject]
 * @param {import("../src/api/model").Priority} [spec.priority]
 * @param {string | null} [spec.assignee]
 * @param {number} [spec.channel]
 * @param {number} [spec.unread]
 * @param {import("../src/api/model").Scope} [spec.scope]
 */
function chat(spec) {
  const conversation_id = id();
  const over = channels[spec.channel ?? 0];
  if (!over) throw new Error("no such channel");
  const contact = {
    id: id(),
    version: 1,
    name: spec.name,
    push_name: spec.name,
    phone: spec.phone,
    lid: spec.phone ? null : "98765432100123",
    email: spec.name === "Joana Silva" ? "joana@example.com" : null,
    tags: spec.name === "Joana Silva" ? ["VIP", "Retail"] : [],
    notes: spec.name === "Joana Silva" ? "Prefers mornings. Delivery through the side door." : "",
    blocked: false,
    created_at: now - 400 * DAY,
    last_interaction_at: now - 20 * MIN,
  };
  const assignee = spec.assignee === undefined ? me.id : spec.assignee;
  const ticket = spec.ticket
    ? {
        id: id(),
        version: 1,
        number: ticketNumber + items.length,
        conversation_id,
        contact_id: contact.id,
        channel_id: over.id,
        subject: spec.subject ?? spec.lines.find(([who]) => who === "in")?.[1] ?? "",
        state: spec.ticket,
        priority: spec.priority ?? "medium",
        category: spec.subject ? "Delivery" : null,
        assignee_id: spec.ticket === "open" ? null : assignee,
        resolution_note: spec.ticket === "resolved" ? "Sent a replacement." : null,
        created_at: now - 60 * MIN,
        assigned_at: spec.ticket === "open" ? null : now - 50 * MIN,
        first_reply_at: spec.ticket === "in_progress" ? now - 40 * MIN : null,
        resolved_at: spec.ticket === "resolved" ? now - 5 * MIN : null,
        closed_at: null,
        pending: false,
      }
    : null;
  const messages = spec.lines.map(([who, text, ago, status], index) => ({
    id: id(),
    conversation_id,
    channel_id: over.id,
    ticket_id: ticket && index >= spec.lines.length - 7 ? ticket.id : null,
    wa_id: `3EB0${index}${conversation_id.slice(-6)}`,
    direction: who === "in" ? "inbound" : "outbound",
    origin: who === "in" ? "customer" : who === "phone" ? "phone" : "desk",
    author_id: who === "out" ? (status === "bruno" ? bruno?.id : me.id) : null,
    kind: text === "*voice" ? "voice" : text === "*revoked" ? "revoked" : "text",
    text: text.startsWith("*") ? null : text,
    status: status && status !== "bruno" ? status : "read",
    failure:
      status === "failed"
        ? { code: "not_on_whatsapp", detail: "This number is not on WhatsApp.", retryable: true }
        : null,
    position: index + 1,
    at: now - ago * MIN,
    expires_at: null,
  }));
  threads.set(conversation_id, /** @type {Message[]} */ (messages));
  const last = messages.at(-1);
  items.push(
    /** @type {ConversationItem} */ ({
      id: conversation_id,
      version: 1,
      contact_id: contact.id,
      channel_id: over.id,
      state: last?.direction === "outbound" ? "waiting" : "active",
      priority: spec.priority ?? "medium",
      scope: spec.scope ?? "shared",
      tags: [],
      assignee_id: ticket?.assignee_id ?? null,
      ticket_id: ticket?.id ?? null,
      unread: spec.unread ?? 0,
      last_message: last && {
        direction: last.direction,
        kind: last.kind,
        preview: (last.text ?? "").slice(0, 160),
        status: last.status,
        at: last.at,
      },
      last_activity_at: last?.at ?? now,
      created_at: now - 30 * DAY,
      contact,
      ticket,
    }),
  );
}

/** @type {Line[]} */
const older = Array.from({ length: 140 }, (_, n) => [
  n % 3 ? "in" : "out",
  `Older message ${n + 1}. ${"It has a few more words. ".repeat(n % 4)}`,
  4 * 1440 - n,
]);
chat({
  name: "Joana Silva",
  phone: "+5511912345678",
  ticket: "in_progress",
  subject: "Damaged box",
  priority: "high",
  lines: [
    ...older,
    ["in", "Hi! My order arrived but the box is damaged, what should I do?", 50],
    ["in", "*voice", 49],
    ["phone", "Let me look at that for you", 48],
    ["out", "I'm sorry about that, Joana. I've asked for a replacement; a courier can swap the boxes tomorrow.", 47],
    ["out", "The courier's page: https://example.com/track/1042, it updates every hour.", 40, "bruno"],
    ["in", "Perfect, I can be home after five", 18],
    ["out", "Booked for 17:30. You'll get a message when the courier is ten minutes away.", 17, "delivered"],
    ["out", "Anything else I can do for you?", 16, "sent"],
  ],
});
chat({
  name: "Mehmet Kaya",
  phone: "+905321234567",
  ticket: "open",
  unread: 3,
  lines: [
    ["in", "Hello", 24],
    ["in", "The invoice has the wrong address", 23],
    ["in", "*voice", 21],
  ],
});
chat({
  name: "دانا عمر",
  phone: "+966501234567",
  ticket: "assigned",
  unread: 1,
  priority: "urgent",
  lines: [["in", "هل يمكنني تغيير عنوان التوصيل؟", 30]],
});
chat({
  name: "Rosa Paredes",
  phone: "+34612345678",
  ticket: "in_progress",
  channel: 1,
  lines: [
    ["in", "The machine makes a noise", 70],
    ["out", "The technician is on the way", 52, "queued"],
  ],
});
chat({
  name: "Liang Tian",
  phone: null,
  ticket: "assigned",
  assignee: bruno.id,
  channel: 1,
  lines: [["in", "Here is the label on the box", 130]],
});
chat({
  name: "Olu Adeyemi",
  phone: "+2348012345678",
  ticket: "resolved",
  lines: [["in", "Thank you, that solved it", 220]],
});
chat({
  name: "Carla Fuentes",
  phone: "+525512345678",
  lines: [
    ["in", "Do you have it in blue?", 1600],
    ["out", "I'll check with the warehouse", 1500, "failed"],
  ],
});
chat({
  name: "invoice\u202egpj.exe",
  phone: "+14155550123",
  lines: [
    ["in", "<script>alert(1)</script> javascript:alert(1) \u202etxt.exe", 1700],
    ["in", "*revoked", 1699],
  ],
});
chat({
  name: "A".repeat(400),
  phone: "+919876543210",
  ticket: "open",
  lines: [["in", "x".repeat(9000), 2000]],
  scope: "metadata",
});
for (let n = 0; n < 120; n += 1)
  chat({
    name: `Customer ${n + 1}`,
    phone: `+55119${String(10_000_000 + n)}`,
    lines: [["in", `Question number ${n + 1}`, 3000 + n * 7]],
  });

// Every kind of message in one chat.
chat({
  name: "Hiro Nakano",
  phone: "+819012345678",
  ticket: "in_progress",
  lines: kinds.map(([, who, text], n) => [who, text ?? "*", kinds.length - n + 2]),
});
const every = items.at(-1);
const shown = threads.get(every?.id ?? "") ?? [];
kinds.forEach(([kind, , text, details, more], n) => {
  const message = /** @type {any} */ (shown[n]);
  Object.assign(message, { kind, text, details, status: message.direction === "inbound" ? "delivered" : "read" }, more);
  const quote = message.details.reply_to;
  if (quote) quote.message_id = shown[n + 1 + Number(quote.message_id)]?.id;
});
if (every?.last_message)
  Object.assign(every.last_message, { kind: "text", preview: "And here is the invoice.", status: "failed" });

const people = /** @type {const} */ ([
  ["34612345678", "Rosa Paredes", "+34612345678"],
  ["905321234567", "Mehmet Kaya", "+905321234567"],
  ["98765432100123", "", null],
  ["2348012345678", "Oluwaseun Adeyemi-Fitzgerald of the Southern Distribution Centre", "+2348012345678"],
  ["966501234567", "دانا عمر", "+966501234567"],
]);
/** Who is in the groups, by conversation. @type {Map<string, import("../src/api/model").Group>} */
export const groups = new Map();
/** @param {string} name @param {[number | "out", string, number, string?][]} lines @param {object} more */
function groupChat(name, lines, more = {}) {
  chat({
    name,
    phone: null,
    lines: lines.map(([who, text, ago, status]) => [who === "out" ? "out" : "in", text, ago, status]),
  });
  const item = items.at(-1);
  if (!item) return;
  Object.assign(item.contact, { kind: "group", lid: "120363041234567890" });
  Object.assign(item, { scope: "private", ticket: null });
  (threads.get(item.id) ?? []).forEach((message, n) => {
    const [who] = lines[n] ?? ["out"];
    const person = who === "out" ? undefined : people[who];
    if (person) message.details = { sender: { id: person[0], name: person[1] } };
    if (n === 4) message.details = { ...message.details, reply_to: quote(threads.get(item.id)?.[0]) };
    if (n === lines.length - 1 && item.last_message && person) item.last_message.sender = person[1] || null;
  });
  groups.set(item.id, {
    subject: name,
    description: "Ramps, lorries and keys.\nWho finds a pallet jack reports it here.",
    announce_only: false,
    member: true,
    members: [
      { id: "5511988887777", name: "Ana Moura", phone: "+5511988887777", admin: false, me: true },
      ...people.map(([id, name, phone], n) => ({ id, name, phone, admin: n === 0, me: false })),
      ...Array.from({ length: 14 }, (_, n) => ({
        id: `55119876000${n}`,
        name: `Driver ${n + 1}`,
        phone: `+55119876000${String(n).padStart(2, "0")}`,
        admin: false,
        me: false,
      })),
    ],
    ...more,
  });
}
/** @param {Message | undefined} message */
const quote = (message) => ({
  wa_id: message?.wa_id ?? "",
  message_id: message?.id ?? null,
  direction: message?.direction ?? "inbound",
  kind: message?.kind ?? "text",
  preview: message?.text ?? "",
});
groupChat("Warehouse night shift", [
  [0, "Good evening all", 60],
  [0, "Ramp three is free again", 59],
  [1, "Lorry 12 comes at nine", 50],
  [2, "I have the keys", 49],
  [
    3,
    "Then I take ramp one. The pallets for Joana stand beside the door, please do not move them before the courier was here.",
    48,
  ],
  ["out", "Thank you, I tell her", 47],
  [4, "تم التحميل", 46],
  [4, "👍", 45],
  [0, "See you tomorrow", 20],
]);
groupChat("Announcements", [[0, "The office is closed on Friday", 90]], { announce_only: true });
groupChat("Old project", [[1, "Goodbye, Ana", 9000]], { member: false });
if (items.at(-1)) Object.assign(items.at(-1) ?? {}, { on_phone: { archived: true, pinned: false, muted_until: null } });

// What waits, what was kept from leaving, what failed.
chat({
  name: "Padaria Central",
  phone: "+551133334444",
  lines: [
    ["in", "Do you deliver on Sundays?", 12],
    ["out", "Yes, until noon", 11],
    ["out", "From next month on also in the afternoon", 3, "failed"],
    ["out", "Shall I reserve a slot for you?", 2, "queued"],
    ["out", "And the new price list comes with the next message.", 1, "queued"],
  ],
});
const waits = items.at(-1);
if (waits) {
  waits.contact.verified_name = "Padaria Central Ltda.";
  const [, , cancelled, held] = threads.get(waits.id) ?? [];
  if (cancelled)
    cancelled.failure = { code: "cancelled", detail: "It was taken back before it left.", retryable: false };
  if (held) held.details = { hold: { code: "minute_budget", detail: "", until: now + 3 * MIN } };
}
