// The paperclip: everything a customer can send that is not text.
import { h, icon, toast } from "./dom.js";

/** The control API takes 32 MiB of JSON, in which a file grows by a third. */
const LARGEST_FILE = 23 * 1024 * 1024;

const made = (kind, more = {}) => ({ media: { kind, generated: {}, ...more } });

/** `say(content)` sends; answers whether it was sent. */
export function attachMenu(say) {
  const picker = h("input", { type: "file", hidden: true, "aria-label": "A file to send" });
  const form = h("form", { class: "extra", hidden: true });
  let wanted = null;
  const pick = (accept, kindOf) => {
    wanted = kindOf;
    picker.accept = accept;
    picker.value = "";
    picker.click();
  };
  picker.addEventListener("change", async () => {
    const [file] = picker.files;
    if (!file) return;
    if (file.size === 0 || file.size > LARGEST_FILE) return toast(`A file from here has 1 byte to ${LARGEST_FILE >> 20} MB. The API takes larger ones by their path.`, true);
    const media = { kind: wanted(file.type), data: await base64(file), mime: file.type || "application/octet-stream" };
    if (media.kind === "document") media.file_name = file.name;
    await say({ media });
  });
  const entries = [
    ["Picture or video…", () => pick("image/*,video/*", (mime) => (mime.startsWith("video/") ? "video" : "image"))],
    ["Document…", () => pick("", () => "document")],
    ["Sound as a voice message…", () => pick("audio/*", () => "voice")],
    ["A made-up picture", () => say(made("image"))],
    ["A picture to be seen once", () => say(made("image", { view_once: true }))],
    ["A silent voice message", () => say(made("voice", { seconds: 5 }))],
    ["A made-up document", () => say(made("document"))],
    ["A sticker", () => say(made("sticker"))],
    ["A place", () => ask(form, say, PLACE)],
    ["A contact card", () => ask(form, say, CONTACT)],
    ["A poll", () => ask(form, say, POLL)],
    ["An answer to a menu", () => ask(form, say, ANSWER)],
    ["A kind nobody knows", () => say({ unknown: {} })],
  ];
  const menu = h("details", { class: "menu up" },
    h("summary", { class: "btn icon", "aria-label": "Attach", title: "Attach" }, icon("M20 11.5 12 19.4a5 5 0 0 1-7.1-7L13 4.3a3.4 3.4 0 0 1 4.8 4.8l-8 8a1.7 1.7 0 0 1-2.4-2.5l7.3-7.2")),
    h("div", {}, entries.map(([words, act]) => h("button", { class: "btn", type: "button", onclick: act }, words)), picker));
  return { menu, form };
}

const PLACE = {
  fields: [["Name", "Praça do Comércio"], ["Latitude", "38.7075"], ["Longitude", "-9.1364"]],
  content: ([name, latitude, longitude]) => ({ location: { name, latitude: Number(latitude), longitude: Number(longitude) } }),
};
const CONTACT = {
  fields: [["Name", "Rui Costa"], ["Numbers, with commas between them", "351912345678"]],
  content: ([name, phones]) => ({ contact: { name, phones: phones.split(",").map((phone) => phone.replace(/\D/g, "")) } }),
};
const POLL = {
  fields: [["Question", "When should we deliver?"], ["Options, with commas between them", "Monday, Tuesday"], ["How many may be chosen (0: any)", "1"]],
  content: ([question, options, max]) => ({ poll: { question, options: options.split(",").map((option) => option.trim()).filter(Boolean), max: Number(max) } }),
};
const ANSWER = {
  fields: [["What was chosen", "Home delivery"], ["Its id", "row-1"]],
  content: ([title, row]) => ({ list_answer: { title, row_id: row } }),
};

function ask(form, say, { fields, content }) {
  const inputs = fields.map(([, value]) => h("input", { value, required: true }));
  const close = () => {
    form.hidden = true;
    form.replaceChildren();
  };
  form.replaceChildren(
    ...fields.map(([label], index) => h("label", { class: "field" }, label, inputs[index])),
    h("div", { class: "row" }, h("button", { class: "btn plain", type: "button", onclick: close }, "Cancel"), h("button", { class: "btn pri", type: "submit" }, "Send")));
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await say(content(inputs.map((input) => input.value.trim())))) close();
  };
  form.onkeydown = (event) => event.key === "Escape" && close();
  form.hidden = false;
  inputs[0].focus();
  inputs[0].select();
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
