// The inside of a bubble: words, files, places, cards and polls, and what can be done with a message.
import { api } from "./api.js";
import { attempt, h, icon, name, phoneNumber, timeOf } from "./dom.js";
import { saying, size } from "./words.js";
import { nameOf } from "./world.js";

const EMOJIS = ["👍", "❤️", "😂", "😮", "🙏"];

/** Reactions, edits, deletions and votes belong to the message they speak of. */
export function fold(chat) {
  const marks = new Map();
  const mark = (id) => marks.get(id) ?? marks.set(id, { reactions: new Map() }).get(id);
  const bubbles = [];
  for (const message of chat) {
    if (message.kind === "reaction") mark(message.reaction.id).reactions.set(message.from, message.reaction.emoji);
    else if (message.kind === "edit") mark(message.edit.id).text = message.edit.text;
    else if (message.kind === "revoke") mark(message.revoke.id).gone = true;
    else if (message.kind !== "poll_vote") bubbles.push(message);
  }
  return { bubbles, marks };
}

/** Draws again only what looks different now: a playing file goes on. `on` has `reply(message)` and `edit(message)`. */
export function drawBubble(element, message, marks, person, on) {
  const mark = marks.get(message.id);
  const gone = mark?.gone || message.revoked;
  const text = mark?.text ?? message.text;
  const reactions = [...(mark?.reactions.values() ?? [])].filter((emoji) => emoji !== "").join("");
  const signature = JSON.stringify([{ ...message, status: null, status_time: null }, text, gone, reactions]);
  const mine = message.direction === "out";
  if (element.dataset.signature !== signature) {
    element.dataset.signature = signature;
    element.className = `b${mine ? " o" : ""}${gone ? " gone" : ""}${reactions ? " reacted" : ""}${message.media?.kind === "sticker" && !gone ? " bare" : ""}`;
    element.replaceChildren(
      mine ? "" : h("span", { class: "by" }, author(message)),
      message.quote && !gone ? quote(message.quote, person) : "",
      ...[gone ? h("span", { class: "tx" }, "This message was deleted") : inside(message, text, person)].flat(),
      h("span", { class: "mt" }),
      reactions ? h("span", { class: "re" }, reactions) : "",
      gone ? "" : actions(message, text, person, on));
  }
  const edited = (mark?.text !== undefined || message.edited) && !gone;
  element.querySelector(":scope > .mt").replaceChildren(edited ? "edited " : "", timeOf(message.time), mine ? ticks(message.status) : "");
}

/** In a group it matters who speaks, elsewhere on what. */
function author({ with: chat, from, device }) {
  if (chat !== from) return name(nameOf(from) ?? phoneNumber(from));
  return device > 0 ? "From the linked app" : "From the phone itself";
}

function quote({ from, text }, person) {
  return h("span", { class: "qt" }, h("b", {}, from === person.number ? person.name : phoneNumber(from)), name(text ?? "A message"));
}

function inside(message, text, person) {
  switch (message.kind) {
    case "media": return [file(message, person), text ? h("span", { class: "tx" }, name(text)) : ""];
    case "location": return card(PIN, message.location.name ?? "A place", message.location.address, `${message.location.latitude}, ${message.location.longitude}`);
    case "contact": return contact(message.contact);
    case "contacts": return message.contacts.map(contact);
    case "poll": return poll(message, person);
    case "list_answer": return card(LIST, text, message.list_answer.description, "Chosen from a list");
    case "button_answer": return card(BUTTON, text, null, "A button was pressed");
    case "text": return h("span", { class: "tx" }, name(text));
    default: return h("span", { class: "tx odd" }, saying(message).text);
  }
}

const PIN = ["M12 21s7-6.2 7-11a7 7 0 0 0-14 0c0 4.8 7 11 7 11Z", "M12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z"];
const PERSON = ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "M4 20c1-4 4.5-5 8-5s7 1 8 5"];
const PAGE = ["M6 3h8l4 4v14H6Z", "M14 3v4h4", "M9 12h6M9 16h6"];
const LIST = ["M5 7h14M5 12h14M5 17h9"];
const BUTTON = ["M4 8h16v8H4Z", "M9 12h6"];

function sign(paths) {
  const drawn = icon(...paths);
  drawn.setAttribute("aria-hidden", "true");
  return drawn;
}

function card(paths, title, ...lines) {
  return h("span", { class: "card" }, sign(paths),
    h("span", {}, h("b", {}, name(title)), lines.filter(Boolean).map((line) => h("small", {}, name(line)))));
}

function contact({ name: who, number, phones }) {
  return card(PERSON, who, ...(phones?.length ? phones : [number]).map(phoneNumber));
}

function file(message, person) {
  const { media } = message;
  const source = `/customers/${person.number}/messages/${encodeURIComponent(message.id)}/media`;
  const state = media.fetched?.state === "failed" ? h("small", { class: "fl" }, `Cannot be opened: ${media.fetched.why}`) : "";
  const note = media.view_once ? h("small", { class: "once" }, "① can be opened once") : "";
  const shape = media.width && media.height ? { width: String(media.width), height: String(media.height) } : {};
  const shown = {
    image: () => h("img", { class: "pic", src: source, alt: media.caption ?? "A picture", loading: "lazy", ...shape }),
    sticker: () => h("img", { class: "stk", src: source, alt: "A sticker", loading: "lazy" }),
    video: () => h("video", { class: "pic", src: source, controls: true, preload: "none", ...shape }),
    audio: () => h("audio", { src: source, controls: true, preload: "none" }),
    voice: () => h("audio", { src: source, controls: true, preload: "none" }),
  }[media.kind];
  const document = () => h("a", { class: "card", href: source, download: media.file_name ?? "" }, sign(PAGE),
    h("span", {}, h("b", {}, name(media.file_name ?? "Document")), h("small", {}, `${size(media.size)} · ${media.mime}`)));
  return h("span", { class: "file" }, (shown ?? document)(), state, note);
}

function poll(message, person) {
  const { question, options, max, votes = [] } = message.poll;
  const own = votes.find((vote) => vote.from === person.number)?.options ?? [];
  const most = Math.max(1, votes.length);
  const choose = (option) => {
    const rest = max === 1 ? [] : own.filter((other) => other !== option);
    const chosen = own.includes(option) ? own.filter((other) => other !== option) : [...rest, option];
    attempt(() => api.send(person.number, { to: message.with, poll_vote: { id: message.id, options: chosen } }));
  };
  return h("span", { class: "poll" }, h("b", {}, name(question)), h("small", {}, max === 1 ? "One choice" : "Any choices"),
    options.map((option) => {
      const count = votes.filter((vote) => vote.options.includes(option)).length;
      return h("button", { type: "button", "aria-pressed": String(own.includes(option)), onclick: () => choose(option) },
        h("span", {}, name(option)), h("span", {}, String(count)), h("progress", { value: String(count), max: String(most), "aria-hidden": "true" }));
    }));
}

/** What the customer can do with a message. */
function actions(message, text, person, on) {
  const say = (content) => attempt(() => api.send(person.number, { to: message.with, ...content }));
  const button = (label, words, act) => h("button", { class: "btn plain", type: "button", "aria-label": label, title: label, onclick: act }, words);
  const mine = message.direction === "out";
  return h("div", { class: "acts" },
    EMOJIS.map((emoji) => button(`React with ${emoji}`, emoji, () => say({ reaction: { id: message.id, emoji } }))),
    button("Reply to this message", "Reply", () => on.reply(message)),
    mine && message.kind === "text" ? button("Correct this message", "Edit", () => on.edit(message, text)) : "",
    mine ? button("Delete for everyone", "Delete", () => say({ revoke: { id: message.id } })) : "");
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
