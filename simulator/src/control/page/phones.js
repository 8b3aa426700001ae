// Left: the agents' phones, what is linked to them, and scanning.
import { api } from "./api.js";
import { attempt, avatar, byId, h, icon, name, phoneNumber, reconcile, set, toast } from "./dom.js";
import { customer, onDraw, world } from "./world.js";
import { personForm } from "./person_form.js";

const DOTS = ["M6 12h.01", "M12 12h.01", "M18 12h.01"];

export function startPhones() {
  personForm({
    button: byId("add-phone"),
    form: byId("new-phone"),
    noun: "phone",
    suggestions: [["Ana Moura", "5511988887777"], ["Ben Okafor", "447700900123"], ["Carla Ruiz", "34600112233"]],
    taken: () => world.phones,
    create: async (person) => {
      await api.createPhone(person);
      toast(`${person.name}'s phone is on the network.`);
    },
  });
  const list = byId("phone-list");
  const hint = h("div", { class: "hint", "data-key": "hint" },
    h("b", {}, "Start with a phone"),
    h("span", {}, "An agent's phone holds the WhatsApp account. The desktop app is then linked to it by scanning its code, as in real life."),
    h("button", { class: "btn pri", type: "button", onclick: () => byId("add-phone").click() }, "New phone"));
  onDraw(() => {
    const items = world.ready && world.phones.length === 0 ? [hint] : world.phones;
    reconcile(list, items, (item) => (item === hint ? "hint" : item.number), (item) => (item === hint ? hint : card(item.number)),
      (element, item) => item !== hint && drawCard(element, item));
  });
}

const parts = new WeakMap();

function card(number) {
  const who = h("div", {});
  const state = h("span", { class: "tag", hidden: true }, "switched off");
  const unlink = h("button", { class: "btn bad", type: "button" }, "Unlink all devices");
  const power = h("button", { class: "btn", type: "button" });
  const write = h("button", { class: "btn", type: "button" }, "Write from this phone");
  const menu = h("details", { class: "menu" },
    h("summary", { class: "btn icon", "aria-label": "More about this phone" }, icon(...DOTS)), h("div", {}, write, power, unlink));
  const person = h("div", { class: "person" }, h("div", { class: "av" }), who, menu);
  const devices = h("ul", { class: "devices" });
  const offer = h("div", { class: "offer", hidden: true });
  const open = h("button", { class: "btn wide", type: "button", "aria-expanded": "false" }, "Scan a code");
  const paste = pasteBox(number, () => toggle(false));
  const letter = letterBox(number);
  const element = h("article", { class: "phone", "aria-label": `Phone ${phoneNumber(number)}` }, person, devices, offer, open, paste, letter);

  function toggle(show) {
    paste.hidden = !show;
    open.hidden = show;
    if (show) paste.querySelector("textarea").focus();
  }
  open.addEventListener("click", () => toggle(true));
  unlink.addEventListener("click", () => attempt(async () => {
    const { devices: gone } = await api.logout(number);
    toast(gone.length === 0 ? "Nothing was linked." : "Unlinked. The apps are told so.");
  }));
  power.addEventListener("click", () => attempt(() => api.setOffline(number, power.dataset.off !== "true")));
  write.addEventListener("click", () => {
    letter.hidden = false;
    letter.querySelector("textarea").focus();
  });
  parts.set(element, { who, state, devices, offer, open, paste, power, unlink, person });
  return element;
}

function drawCard(element, phone) {
  const { who, state, devices, offer, open, paste, power, unlink, person } = parts.get(element);
  person.replaceChild(avatar(phone), person.firstElementChild);
  who.replaceChildren(h("b", {}, name(phone.name)), h("small", {}, phoneNumber(phone.number)), state);
  state.hidden = !phone.offline;
  element.classList.toggle("off", phone.offline);
  power.textContent = phone.offline ? "Switch the phone on" : "Switch the phone off";
  power.dataset.off = String(phone.offline);
  const linked = phone.devices.filter((device) => device.device > 0);
  unlink.disabled = linked.length === 0;
  devices.replaceChildren(...linked.map(deviceRow));
  devices.hidden = linked.length === 0;
  const codes = phone.offline ? [] : world.offered;
  offer.hidden = codes.length === 0;
  if (offer.dataset.codes !== JSON.stringify(codes)) {
    offer.dataset.codes = JSON.stringify(codes);
    offer.replaceChildren(...codes.flatMap((code) => offered(phone, code)));
  }
  const waits = world.waitingToLink > 0 && codes.length === 0 && !phone.offline;
  open.textContent = waits ? "Scan a code (an app is showing one)" : codes.length > 0 ? "Scan another code" : "Scan a code";
  open.classList.toggle("plain", codes.length > 0);
  open.classList.toggle("pri", waits && linked.length === 0);
  open.disabled = phone.offline;
  if (phone.offline) paste.hidden = true;
  if (paste.hidden) open.hidden = false;
}

function deviceRow(device) {
  const words = device.connected ? "online" : "offline";
  const label = device.push_name || device.platform || "Linked device";
  return h("li", {},
    h("i", { class: device.connected ? "dot on" : "dot", title: words }),
    h("span", {}, h("b", {}, name(label)), ` · device ${device.device} · ${words}`),
    device.queued > 0 ? h("span", { class: "tag w", title: "Messages that this device has not confirmed yet" }, `${device.queued} waiting`) : null);
}

function offered(phone, { code, label }) {
  const button = h("button", { class: "btn pri wide", type: "button" }, "Scan the one on screen");
  button.addEventListener("click", () => scan(phone.number, code, button));
  return [h("span", {}, label ? h("b", {}, name(label)) : "An app", " is showing a code."), button];
}

async function scan(number, code, button) {
  const linked = await attempt(() => api.scan(number, code), button);
  if (linked) toast("Linked. The app goes online now.");
  return linked;
}

/** For a code copied as text, where there is no camera to hold in front of the screen. */
function pasteBox(number, close) {
  const text = h("textarea", { "aria-label": "Text of the code", placeholder: "Paste the text of the code here: 2@…", spellcheck: "false", autocomplete: "off" });
  const go = h("button", { class: "btn pri", type: "submit" }, "Scan and approve");
  const cancel = h("button", { class: "btn plain", type: "button", onclick: close }, "Cancel");
  return h("form", {
    class: "paste", hidden: true,
    onsubmit: async (event) => {
      event.preventDefault();
      if (text.value.trim() === "") return text.focus();
      if (await scan(number, text.value.trim(), go)) {
        text.value = "";
        close();
      }
    },
  }, text, h("div", { class: "row" }, go, cancel));
}

/** A message written on the phone itself; linked apps show it as sent from the phone. */
function letterBox(number) {
  const to = h("select", { "aria-label": "To" });
  const text = h("textarea", { rows: "2", "aria-label": "Message", placeholder: "Message" });
  const go = h("button", { class: "btn pri", type: "submit" }, "Send from the phone");
  const form = h("form", { class: "paste", hidden: true }, to, text,
    h("div", { class: "row" }, go, h("button", { class: "btn plain", type: "button", onclick: () => { form.hidden = true; } }, "Cancel")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (text.value.trim() === "") return text.focus();
    if (await attempt(() => api.phoneSend(number, to.value, text.value), go)) {
      text.value = "";
      form.hidden = true;
    }
  });
  onDraw(() => {
    const people = world.customers.slice(-100);
    const key = people.map((person) => person.number).join();
    if (form.hidden || to.dataset.people === key) return;
    to.dataset.people = key;
    const kept = to.value || world.selected;
    to.replaceChildren(...people.map((person) => h("option", { value: person.number }, `${person.name} (${phoneNumber(person.number)})`)));
    if (customer(kept)) to.value = kept;
    set(go, { disabled: people.length === 0 });
  });
  return form;
}
