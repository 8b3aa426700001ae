// What the page knows, kept fresh by the live events. Panels subscribe and draw at most once a frame.
import { api } from "./api.js";

/** Older messages of a chat stay with the simulator. */
const KEPT_MESSAGES = 500;
/** Chats fetched at the start, for the previews in the list. */
const FIRST_CHATS = 40;
const TYPING_MS = 12_000;
const COUNT_MS = 600;

export const world = {
  phones: [],
  customers: [],
  groups: [],
  faults: [],
  waitingToLink: 0,
  connections: 0,
  offered: [],
  /** Per customer: messages with anyone, oldest first. */
  chats: new Map(),
  /** Per customer and author: until when they are shown as typing. */
  typing: new Map(),
  /** The customer whose chat is open, and the phone or the group they write to. */
  selected: null,
  to: null,
  live: "connecting",
  ready: false,
};

const drawers = new Set();
let scheduled = false;

export function onDraw(draw) {
  drawers.add(draw);
}

export function changed() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    for (const draw of drawers) draw();
  });
}

export function customer(number) {
  return world.customers.find((person) => person.number === number);
}

export function phone(number) {
  return world.phones.find((person) => person.number === number);
}

/** The groups that somebody is in. */
export function groupsOf(number) {
  return world.groups.filter((group) => group.members.some((member) => member.number === number));
}

function isChat(to) {
  return phone(to) !== undefined || groupsOf(world.selected).some((group) => group.id === to);
}

/** The name that somebody bears on this page. */
export function nameOf(number) {
  return (customer(number) ?? phone(number))?.name ?? null;
}

export function messagesOf(number) {
  return world.chats.get(number) ?? [];
}

export function unreadOf(number) {
  return messagesOf(number).filter(isUnread).length;
}

export function isUnread(message) {
  return message.direction === "in" && (message.status === "sent" || message.status === "delivered");
}

export async function select(number) {
  world.selected = number;
  const last = messagesOf(number).at(-1);
  if (last && isChat(last.with)) world.to = last.with;
  else if (!isChat(world.to)) world.to = world.phones[0]?.number ?? null;
  changed();
  if (!world.chats.has(number)) await fetchChat(number);
}

async function fetchChat(number) {
  const messages = await api.messages(number);
  const known = new Set(messages.map((message) => message.id));
  // What was heard while the answer was on its way is newer.
  const heard = messagesOf(number).filter((message) => !known.has(message.id));
  world.chats.set(number, [...messages, ...heard].slice(-KEPT_MESSAGES));
  changed();
}

/** Puts a message where its id is, or at the end. */
export function hear(number, message) {
  const chat = world.chats.get(number) ?? [];
  const at = chat.findLastIndex((other) => other.id === message.id && other.direction === message.direction);
  if (at >= 0) {
    // News of one message leave out what others made of it.
    const { poll, reactions } = chat[at];
    if (poll && message.poll) message.poll.votes ??= poll.votes;
    chat[at] = { reactions, ...message };
  } else {
    chat.push(message);
    if (message.direction === "in") world.typing.delete(`${number} ${message.from}`);
  }
  if (chat.length > KEPT_MESSAGES) chat.shift();
  world.chats.set(number, chat);
  // Only the whole transcript tells what was voted.
  if (message.kind === "poll_vote" && customer(number)) fetchChat(number).catch(() => {});
  changed();
}

export function isTyping(number, from) {
  return world.typing.get(`${number} ${from}`) ?? null;
}

let recount = null;

/** How much waits for a device changes with every message: looked up again once things calm down. */
function countAgain() {
  clearTimeout(recount);
  recount = setTimeout(() => refresh().catch(() => {}), COUNT_MS);
}

let refreshing = null;
let again = false;

/** Asks for the whole state; several wishes while one answer is on its way become one more. */
export async function refresh() {
  if (refreshing) {
    again = true;
    return refreshing;
  }
  refreshing = (async () => {
    do {
      again = false;
      const state = await api.state();
      Object.assign(world, { phones: state.phones, customers: state.customers, groups: state.groups, faults: state.faults });
      Object.assign(world, { waitingToLink: state.waiting_to_link, connections: state.connections, ready: true });
      if (!isChat(world.to)) world.to = world.phones[0]?.number ?? null;
      changed();
      await new Promise((resolve) => setTimeout(resolve, 120));
    } while (again);
  })().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

let catchingUp = null;

/** After a gap; a gap that is noticed meanwhile is part of it. */
function catchUp() {
  catchingUp ??= (async () => {
    await refresh();
    const newest = world.customers.slice(-FIRST_CHATS).map((person) => person.number);
    if (world.selected && !newest.includes(world.selected)) newest.push(world.selected);
    for (const number of newest) await fetchChat(number);
  })().finally(() => {
    catchingUp = null;
  });
  return catchingUp;
}

export function listen() {
  const source = new EventSource("/events");
  source.onopen = () => {
    world.live = "live";
    changed();
    catchUp().catch(() => source.onerror());
  };
  source.onerror = () => {
    world.live = "lost";
    changed();
  };
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === "message") {
      if (customer(event.number) || world.chats.has(event.number)) hear(event.number, event.message);
      countAgain();
    } else if (event.type === "typing") {
      typed(event);
    } else if (event.type === "offered_codes") {
      offered(event.codes);
    } else if (event.type === "resync") {
      catchUp().catch(() => source.onerror());
    } else if (event.type !== "presence") {
      refresh().catch(() => source.onerror());
    }
  };
}

function typed({ number, from, state }) {
  const key = `${number} ${from}`;
  if (state === "paused") {
    world.typing.delete(key);
  } else {
    world.typing.set(key, state);
    // A writer whose connection breaks never says that it paused.
    setTimeout(() => world.typing.get(key) === state && world.typing.delete(key) && changed(), TYPING_MS);
  }
  changed();
}

function offered(codes) {
  world.offered = codes;
  changed();
  for (const code of codes) {
    setTimeout(() => {
      world.offered = world.offered.filter((other) => other.expires_at > Date.now());
      changed();
    }, Math.max(0, code.expires_at - Date.now()) + 50);
  }
}
