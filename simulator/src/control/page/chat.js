// Right: one customer's WhatsApp.
import { api } from "./api.js";
import { attachMenu } from "./attach.js";
import { drawBubble, fold } from "./bubble.js";
import { attempt, avatar, byId, dayOf, h, name, phoneNumber, reconcile } from "./dom.js";
import { changed, customer, groupsOf, isTyping, isUnread, messagesOf, onDraw, phone, world } from "./world.js";
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
  const to = h("select", { "aria-label": "Which phone or group the customer writes to", onchange: () => { world.to = to.value; drawNow(); } });
  const head = h("header", { class: "chat-head" }, face, who, h("label", { class: "to" }, h("span", {}, "writes to"), to));
  const list = h("div", { class: "msgs", role: "log", "aria-label": "Messages", tabindex: "0" });
  const text = h("textarea", { rows: "1", placeholder: "Message", "aria-label": "Message" });
  const send = h("button", { class: "btn pri", type: "submit" }, "Send");
  const auto = h("input", { type: "checkbox", checked: localStorage.getItem(AUTO_READ) !== "no" });
  const about = h("div", { class: "about", hidden: true });
  const sent = (content) => attempt(() => api.send(world.selected, { to: world.to, ...content }));
  const attach = attachMenu((content) => sent(withQuote(content)));
  const box = h("form", { class: "box" }, attach.menu, text, send);
  const foot = h("div", { class: "comp" }, attach.form, about, box,
    h("div", { class: "opts" }, h("label", {}, auto, "Reads messages as they arrive (blue ticks)"), h("span", { class: "key" }, "Enter sends, Shift+Enter breaks the line")));
  /** The message that is answered or corrected. */
  let subject = null;
  const speakOf = (next) => {
    subject = next;
    about.hidden = next === null;
    if (next === null) return about.replaceChildren();
    const words = next.edit ? "Correcting" : "Answering";
    about.replaceChildren(h("span", {}, h("b", {}, `${words}: `), name(saying(next.message).text ?? "")),
      h("button", { class: "btn plain", type: "button", onclick: () => speakOf(null) }, "Cancel"));
    text.focus();
  };
  const withQuote = (content) => {
    if (subject === null || subject.edit) return content;
    const quoted = { ...content, quote: { id: subject.message.id } };
    speakOf(null);
    return quoted;
  };
  const on = {
    reply: (message) => speakOf({ message, edit: false }),
    edit: (message, words) => {
      text.value = words;
      speakOf({ message, edit: true });
    },
  };
  const parts = { all: [head, list, foot], face, who, to, list, text, auto, on, shown: "", leave: () => speakOf(null) };
  const drawNow = () => drawChat(parts, customer(world.selected));

  const typing = typingTeller();
  text.addEventListener("input", () => text.value === "" ? typing.over() : typing.tell(world.selected, world.to));
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    box.requestSubmit();
  });
  text.addEventListener("keydown", (event) => event.key === "Escape" && subject && speakOf(null));
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = text.value;
    if (words.trim() === "") return text.focus();
    text.value = "";
    typing.forget();
    const content = subject?.edit ? { edit: { id: subject.message.id, text: words } } : withQuote({ text: words });
    if (subject) speakOf(null);
    // What could not be sent comes back, unless something new was begun.
    if (!(await sent(content)) && text.value === "") text.value = words;
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
  drawPhones(parts.to, person);

  const chat = messagesOf(person.number).filter((message) => message.with === world.to);
  const { bubbles, marks } = fold(chat);
  const typing = agent && isTyping(person.number, agent.number);
  const items = withDays(bubbles);
  if (bubbles.length === 0) items.push({ key: "none" });
  if (typing) items.push({ key: "typing" });
  const { list } = parts;
  const key = `${person.number} ${world.to}`;
  const atEnd = parts.shown !== key || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  if (parts.shown !== key) {
    list.replaceChildren();
    if (parts.shown !== "") parts.leave();
  }
  parts.shown = key;
  reconcile(list, items, (item) => item.key, (item) => make(item, person, agent), (element, item) => item.message && drawBubble(element, item.message, marks, person, parts.on));
  if (atEnd) list.scrollTop = list.scrollHeight;
  if (parts.auto.checked && document.visibilityState === "visible") readAll(person, chat);
}

function drawPhones(to, person) {
  const groups = groupsOf(person.number).map((group) => [group.id, `${group.subject} (${group.members.length} members)`]);
  const chats = [...world.phones.map((one) => [one.number, one.name]), ...groups];
  const key = chats.join();
  if (to.dataset.key !== key) {
    to.dataset.key = key;
    to.replaceChildren(...chats.map(([value, words]) => h("option", { value }, words)));
  }
  to.value = world.to;
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
  if (!agent) return h("p", { class: "empty" }, `Write the first message as ${person.name}: every member gets it.`);
  const linked = agent.devices.some((device) => device.device > 0);
  return h("p", { class: "empty" }, linked
    ? `Write the first message as ${person.name}: it appears in the app of ${agent.name}.`
    : `No app is linked to this phone yet. What ${person.name} writes is kept until one is, as on the real network.`);
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
