// The drawer: trouble on demand, and many messages at once.
import { api } from "./api.js";
import { attempt, byId, h, icon, phoneNumber, toast } from "./dom.js";
import { onDraw, world } from "./world.js";

const ONCE = "once";
/** Kind, title, what the agent's app will meet, own parameter, whether it strikes at once. */
const KINDS = [
  ["cut", "Cut the connection", "The line breaks now. The app should connect again by itself.", null, ONCE],
  ["drop", "Lose messages", "Messages to the app vanish on the way, and come again at its next connection."],
  ["delay", "Slow network", "What goes to the app arrives late.", ["ms", "Milliseconds", 2000]],
  ["duplicate", "Deliver twice", "The app gets messages a second time, and must show them once."],
  ["reorder", "Wrong order", "A message is overtaken by the next one."],
  ["corrupt", "Damage encryption", "The app cannot decrypt the message and asks for it again."],
  ["refuse", "Refuse what the app sends", "WhatsApp answers with an error instead of a tick.", ["code", "Error code", 463]],
  ["drop_ack", "Never acknowledge", "What the app sends stays without a tick."],
  ["replaced", "Another client takes over", "As if WhatsApp Web were opened elsewhere.", null, ONCE],
  ["logged_out", "Log out", "As if the device was removed on the phone.", null, ONCE],
  ["ban", "Temporary ban", "The account may not connect for a while.", ["expire", "Seconds", 3600]],
  ["failure", "Refuse the login", "The network turns the app away.", ["reason", "Reason", 503]],
  ["outdated", "App too old", "The network says that the app must be updated."],
  ["slow_media", "Slow files", "Files go up and come down late and slowly.", ["bytes_per_second", "Bytes a second", 50000]],
  ["cut_media", "Cut transfers of files", "A transfer breaks off. The app should go on or begin again.", ["after", "After so many bytes", 65536]],
  ["corrupt_media", "Damage files", "A byte of a downloaded file is wrong: the app must not show it."],
  ["refuse_media", "Refuse files", "The media hosts answer with an error.", ["code", "Status", 503]],
  ["expired_media", "Files expire", "The paths of all files so far stop working: the app should ask the phone for them again.", null, ONCE],
];

export function startFaults() {
  const drawer = byId("faults");
  const button = byId("open-faults");
  const toggle = (show) => {
    drawer.hidden = !show;
    button.setAttribute("aria-expanded", String(show));
    (show ? drawer.querySelector("select") : button).focus();
  };
  const close = h("button", { class: "btn icon", type: "button", "aria-label": "Close", onclick: () => toggle(false) }, icon("M6 6l12 12M18 6 6 18"));
  const force = forceList();
  const fault = faultForm();
  const load = loadForm();
  drawer.append(
    h("div", { class: "head" }, h("h2", {}, "Trouble on demand"), close),
    h("div", { class: "body" }, force.element, fault.element, load.element));
  button.addEventListener("click", () => toggle(drawer.hidden));
  drawer.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  const count = byId("fault-count");
  onDraw(() => {
    count.hidden = world.faults.length === 0;
    count.textContent = String(world.faults.length);
    if (drawer.hidden) return;
    force.draw();
    fault.draw();
    load.draw();
  });
}

function forceList() {
  const list = h("ul", { class: "force" });
  const clear = h("button", { class: "btn", type: "button", onclick: () => attempt(() => api.clearFaults(), clear) }, "End all trouble");
  const none = h("p", { class: "note" }, "Everything works as it should.");
  const element = h("section", { "aria-label": "In force" }, none, list, clear);
  const draw = () => {
    none.hidden = world.faults.length > 0;
    clear.hidden = list.hidden = world.faults.length === 0;
    list.replaceChildren(...world.faults.map((fault) => {
      const title = KINDS.find(([kind]) => kind === fault.kind)?.[1] ?? fault.kind;
      const left = fault.times ? `${fault.times} more` : "until ended";
      return h("li", {}, h("b", {}, title), h("span", {}, `struck ${fault.struck}×`),
        h("small", {}, `${fault.number ? phoneNumber(fault.number) : "Every phone"} · ${left}`));
    }));
  };
  return { element, draw };
}

function phoneSelect(label, every) {
  const select = h("select", {});
  const field = h("label", { class: "field" }, label, select);
  const draw = () => {
    const key = world.phones.map((phone) => phone.number + phone.name).join();
    if (select.dataset.key === key) return;
    select.dataset.key = key;
    const kept = select.value;
    const all = every ? [h("option", { value: "" }, "Every phone")] : [];
    select.replaceChildren(...all, ...world.phones.map((phone) => h("option", { value: phone.number }, `${phone.name} (${phoneNumber(phone.number)})`)));
    if ([...select.options].some((option) => option.value === kept)) select.value = kept;
  };
  return { select, field, draw };
}

function faultForm() {
  const kind = h("select", {}, KINDS.map(([value, title]) => h("option", { value }, title)));
  const words = h("p", { class: "note" });
  const whose = phoneSelect("Whose app", true);
  const times = h("input", { type: "number", min: "1", placeholder: "until ended" });
  const timesField = h("label", { class: "field" }, "How often", times);
  const parameter = h("input", { type: "number", min: "1" });
  const parameterField = h("label", { class: "field" }, h("span", {}), parameter);
  const go = h("button", { class: "btn pri", type: "submit" }, "Make trouble");
  const chosen = () => KINDS.find(([value]) => value === kind.value);
  const draw = () => whose.draw();
  const describe = () => {
    const [, , text, own, once] = chosen();
    words.textContent = text;
    timesField.hidden = once === ONCE;
    parameterField.hidden = !own;
    if (own) {
      parameterField.firstElementChild.textContent = own[1];
      parameter.value = own[2];
    }
  };
  kind.addEventListener("change", describe);
  describe();
  const form = h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      const [value, title, , own, once] = chosen();
      const fault = {};
      if (whose.select.value !== "") fault.number = whose.select.value;
      if (own && parameter.value !== "") fault[own[0]] = Number(parameter.value);
      if (once !== ONCE && times.value !== "") fault.times = Number(times.value);
      if (await attempt(() => api.addFault({ [value]: fault }), go)) toast(once === ONCE ? `${title}: done.` : `${title}: in force.`);
    },
  }, h("label", { class: "field" }, "What happens", kind), words, whose.field, h("div", { class: "pair" }, parameterField, timesField), go);
  return { element: h("section", { "aria-label": "New trouble" }, h("h2", {}, "Make trouble"), form), draw };
}

function loadForm() {
  const to = phoneSelect("To", false);
  const number = (value, max) => h("input", { type: "number", min: "1", max, value, required: true });
  const customers = number("20", "10000");
  const messages = number("500", "1000000");
  const go = h("button", { class: "btn", type: "submit" }, "Send them");
  const figures = h("dl", { class: "figures", hidden: true });
  const form = h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      figures.hidden = true;
      go.textContent = "Sending…";
      const load = { to: to.select.value, customers: Number(customers.value), messages: Number(messages.value) };
      const report = await attempt(() => api.load(load), go);
      go.textContent = "Send them";
      if (report) show(report);
    },
  }, to.field, h("div", { class: "pair" }, h("label", { class: "field" }, "Customers", customers), h("label", { class: "field" }, "Messages in all", messages)), go, figures);
  const show = (report) => {
    const rows = [["Delivered", `${report.delivered} of ${report.messages}`], ["Took", `${Math.round(report.delivered_ms)} ms`],
      ["Per second", Math.round(report.per_second)], ["Half within", `${Math.round(report.p50_ms)} ms`], ["95 % within", `${Math.round(report.p95_ms)} ms`]];
    figures.replaceChildren(...rows.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, String(value))]));
    figures.hidden = false;
  };
  return {
    element: h("section", { "aria-label": "Many at once" }, h("h2", {}, "Many messages at once"), h("p", { class: "note" }, "The answer comes when the linked app has confirmed all of them."), form),
    draw: () => {
      to.draw();
      go.disabled = world.phones.length === 0 || go.textContent === "Sending…";
    },
  };
}
