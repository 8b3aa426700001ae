// Right: one customer's WhatsApp.
import { api } from "./api.js";
import { attempt, avatar, byId, dayOf, h, icon, name, phoneNumber, reconcile, timeOf } from "./dom.js";
import { changed, customer, isTyping, isUnread, messagesOf, onDraw, phone, world } from "./world.js";
import { saying } from "./words.js";

const AUTO_READ = "simulator.auto-read";
/** Typing is said again so often, and over after so long without a key. */
const TYPING_AGAIN_MS = 5000;
const TYPING_OVER_MS = 4000;

export function startChat() {
  const pane = byId("chat");
  const intro = firstSteps();
  const parts = chatParts();
  onDraw(() => {
    const person = customer(world.selected);
    const showing = person && world.phones.length > 0;
    const wanted = showing ? parts.all : [intro.element];
    if (pane.firstElementChild !== wanted[0]) pane.replaceChildren(...wanted);
    if (showing) drawChat(parts, person);
    else intro.draw();
  });
}

function firstSteps() {
  const steps = [
    ["Make a phone", "It holds an agent's WhatsApp account.", () => world.phones.length > 0],
    ["Link the desktop app to it", "Let the app show its code, then press “Scan a code” on the phone.", () => world.phones.some((one) => one.devices.some((device) => device.device > 0))],
    ["Make a customer", "Somebody who will write to the agent.", () => world.customers.length > 0],
    ["Write as the customer", "Pick them in the list. What the agent answers appears here, with ticks and typing.", () => false],
  ];
  const list = h("ol", { class: "steps" });
  const element = h("div", { class: "empty" }, h("div", {}, h("h2", {}, "A WhatsApp network of your own"), h("p", {}, "Nothing here reaches the real one.")), list);
  const draw = () => {
    const next = steps.findIndex(([, , done]) => !done());
    list.replaceChildren(...steps.map(([title, words, done], index) => {
      const state = done() ? "done" : index === next ? "now" : "";
      return h("li", { class: state }, h("i", {}, done() ? "✓" : String(index + 1)), h("div", {}, h("b", {}, title), h("small", {}, words)));
    }));
  };
  return { element, draw };
}

function chatParts() {
  const face = h("div", {});
  const who = h("div", { class: "who" });
  const to = h("select", { "aria-label": "Which phone the customer writes to", onchange: () => { world.to = to.value; drawNow(); } });
  const head = h("header", { class: "chat-head" }, face, who, h("label", { class: "to" }, h("span", {}, "writes to"), to));
  const list = h("div", { class: "msgs", role: "log", "aria-label": "Messages", tabindex: "0" });
  const text = h("textarea", { rows: "1", placeholder: "Message", "aria-label": "Message" });
  const send = h("button", { class: "btn pri", type: "submit" }, "Send");
  const auto = h("input", { type: "checkbox", checked: localStorage.getItem(AUTO_READ) !== "no" });
  const box = h("form", { class: "box" }, text, send);
  const foot = h("div", { class: "comp" }, box,
    h("div", { class: "opts" }, h("label", {}, auto, "Reads messages as they arrive (blue ticks)"), h("span", { class: "key" }, "Enter sends, Shift+Enter breaks the line")));
  const parts = { all: [head, list, foot], face, who, to, list, text, auto, shown: "" };
  const drawNow = () => drawChat(parts, customer(world.selected));

  const typing = typingTeller();
  text.addEventListener("input", () => text.value === "" ? typing.over() : typing.tell(world.selected, world.to));
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    box.requestSubmit();
  });
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = text.value;
    if (words.trim() === "") return text.focus();
    text.value = "";
    typing.forget();
    const sent = await attempt(() => api.send(world.selected, { to: world.to, text: words }));
    // What could not be sent comes back, unless something new was begun.
    if (!sent && text.value === "") text.value = words;
  });
  auto.addEventListener("change", () => {
    localStorage.setItem(AUTO_READ, auto.checked ? "yes" : "no");
    drawNow();
  });
  return parts;
}

/** Says "composing" now and then while keys are pressed, and "paused" afterwards. */
function typingTeller() {
  let said = 0;
  let timer = null;
  let whom = null;
  const say = (state) => api.typing(whom.from, whom.to, state).catch(() => {});
  const forget = () => {
    clearTimeout(timer);
    said = 0;
  };
  const over = () => {
    if (said > 0) say("paused");
    forget();
  };
  const tell = (from, to) => {
    if (whom && (whom.from !== from || whom.to !== to)) over();
    whom = { from, to };
    if (Date.now() - said > TYPING_AGAIN_MS) {
      said = Date.now();
      say("composing");
    }
    clearTimeout(timer);
    timer = setTimeout(over, TYPING_OVER_MS);
  };
  return { tell, over, forget };
}

function drawChat(parts, person) {
  const agent = phone(world.to);
  parts.face.replaceChildren(avatar(person));
  parts.who.replaceChildren(h("b", {}, name(person.name)), h("small", {}, `${phoneNumber(person.number)} · the customer's own WhatsApp`));
  drawPhones(parts.to);

  const chat = messagesOf(person.number).filter((message) => message.with === world.to);
  const { bubbles, marks } = fold(chat);
  const typing = agent && isTyping(person.number, agent.number);
  const items = withDays(bubbles);
  if (bubbles.length === 0) items.push({ key: "none" });
  if (typing) items.push({ key: "typing" });
  const { list } = parts;
  const key = `${person.number} ${world.to}`;
  const atEnd = parts.shown !== key || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  if (parts.shown !== key) list.replaceChildren();
  parts.shown = key;
  reconcile(list, items, (item) => item.key, (item) => make(item, person, agent), (element, item) => item.message && drawBubble(element, item.message, marks, person));
  if (atEnd) list.scrollTop = list.scrollHeight;
  if (parts.auto.checked && document.visibilityState === "visible") readAll(person, chat);
}

function drawPhones(to) {
  const key = world.phones.map((one) => `${one.number}${one.name}`).join();
  if (to.dataset.key !== key) {
    to.dataset.key = key;
    to.replaceChildren(...world.phones.map((one) => h("option", { value: one.number }, one.name)));
  }
  to.value = world.to;
}

/** Reactions, edits and deletions belong to the message they speak of. */
function fold(chat) {
  const marks = new Map();
  const mark = (id) => marks.get(id) ?? marks.set(id, { reactions: new Map() }).get(id);
  const bubbles = [];
  for (const message of chat) {
    if (message.kind === "reaction") mark(message.reaction.id).reactions.set(message.direction, message.reaction.emoji);
    else if (message.kind === "edit") mark(message.edit.id).text = message.edit.text;
    else if (message.kind === "revoke") mark(message.revoke.id).gone = true;
    else bubbles.push(message);
  }
  return { bubbles, marks };
}

function withDays(messages) {
  const items = [];
  let day = null;
  for (const message of messages) {
    const own = dayOf(message.time);
    if (own !== day) items.push({ key: `day ${own}`, day: own });
    day = own;
    items.push({ key: `${message.direction} ${message.id}`, message });
  }
  return items;
}

function make(item, person, agent) {
  if (item.message) return h("div", { class: "b" });
  if (item.day) return h("div", { class: "day" }, item.day);
  if (item.key === "typing") return h("div", { class: "typing", role: "img", "aria-label": "The agent is typing" }, h("i"), h("i"), h("i"));
  const linked = agent?.devices.some((device) => device.device > 0);
  return h("p", { class: "empty" }, linked
    ? `Write the first message as ${person.name}: it appears in the app of ${agent.name}.`
    : `No app is linked to this phone yet. What ${person.name} writes is kept until one is, as on the real network.`);
}

function drawBubble(element, message, marks, person) {
  const mark = marks.get(message.id);
  const reactions = [...(mark?.reactions.values() ?? [])].filter((emoji) => emoji !== "").join("");
  const signature = JSON.stringify([message, mark?.text, mark?.gone, reactions]);
  if (element.dataset.signature === signature) return;
  element.dataset.signature = signature;
  const mine = message.direction === "out";
  const { text, odd } = saying(message);
  element.className = `b${mine ? " o" : ""}${mark?.gone ? " gone" : ""}${reactions ? " reacted" : ""}`;
  element.replaceChildren(
    mine ? "" : h("span", { class: "by" }, message.device > 0 ? "From the linked app" : "From the phone itself"),
    h("span", { class: odd ? "tx odd" : "tx" }, mark?.gone ? "This message was deleted" : name(mark?.text ?? text)),
    h("span", { class: "mt" }, mark?.text && !mark.gone ? "edited " : "", timeOf(message.time), mine ? ticks(message.status) : ""),
    reactions ? h("span", { class: "re" }, reactions) : "",
    mark?.gone ? "" : actions(message, person));
}

/** What the customer can do with a message. */
function actions(message, person) {
  const say = (content) => attempt(() => api.send(person.number, { to: message.with, ...content }));
  const button = (label, words, act) => h("button", { class: "btn plain", type: "button", "aria-label": label, title: label, onclick: act }, words);
  if (message.direction === "in") {
    return h("div", { class: "acts" }, button("React with a thumb up", "👍", () => say({ reaction: { id: message.id, emoji: "👍" } })));
  }
  return h("div", { class: "acts" }, button("Delete for everyone", "Delete", () => say({ revoke: { id: message.id } })));
}

const ONE = "m1 6 4 4 8-9";
const TWO = "m9 8 2 2 8-9";

function ticks(status) {
  const words = { sent: "Sent", delivered: "Delivered", read: "Read", played: "Played", failed: "Not sent" }[status] ?? status;
  if (status === "failed") return h("span", { class: "fl" }, words);
  const svg = status === "sent" ? icon(ONE) : icon(ONE, TWO);
  svg.setAttribute("viewBox", "0 0 20 12");
  return h("span", { class: status === "read" || status === "played" ? "rd" : "", role: "img", "aria-label": words, title: words }, svg);
}

const asked = new Set();

/** Each message is read once, also while the answer is on its way. */
function readAll(person, chat) {
  const unread = chat.filter((message) => isUnread(message) && !asked.has(message.id));
  if (unread.length === 0) return;
  const ids = unread.map((message) => message.id);
  for (const id of ids) asked.add(id);
  api.read(person.number, unread[0].with, ids).catch(() => ids.forEach((id) => asked.delete(id)));
}

document.addEventListener("visibilitychange", changed);
