// Middle: the customers, the busiest on top.
import { api } from "./api.js";
import { avatar, byId, h, name, phoneNumber, reconcile, set, timeOf, toast } from "./dom.js";
import { messagesOf, onDraw, refresh, select, unreadOf, world } from "./world.js";
import { personForm } from "./person_form.js";
import { preview } from "./words.js";

/** After a bulk load there are thousands; the search finds the others. */
const SHOWN = 100;

export function startCustomers() {
  personForm({
    button: byId("add-customer"),
    form: byId("new-customer"),
    noun: "customer",
    suggestions: [["Joana Silva", "5511912345678"], ["Tom Weber", "4915112345678"], ["Priya Nair", "919876543210"], ["Omar Haddad", "971501234567"]],
    taken: () => world.customers,
    create: async (person) => {
      await api.createCustomer(person);
      await refresh();
      await select(person.number);
      toast(`${person.name} is on WhatsApp now.`);
    },
  });
  const list = byId("customer-list");
  const search = byId("customer-search");
  const wanted = search.querySelector("input");
  const hint = h("div", { class: "hint" },
    h("b", {}, "Then a customer"),
    h("span", {}, "Somebody with a phone of their own, who writes to your agents and sees their answers."),
    h("button", { class: "btn pri", type: "button", onclick: () => byId("add-customer").click() }, "New customer"));
  const more = h("p", { class: "more" });
  const draw = () => {
    search.hidden = world.customers.length < 8;
    const found = matching(wanted.value);
    const shown = found.slice(0, SHOWN);
    const extra = [];
    if (world.ready && world.customers.length === 0) extra.push({ key: "hint", element: hint });
    if (found.length > SHOWN) {
      more.textContent = `${found.length - SHOWN} more: search for them.`;
      extra.push({ key: "more", element: more });
    } else if (found.length === 0 && world.customers.length > 0) {
      more.textContent = "Nobody by that name or number.";
      extra.push({ key: "more", element: more });
    }
    reconcile(list, [...shown, ...extra], (item) => item.key ?? item.number, (item) => item.element ?? row(item.number),
      (element, item) => item.element ?? drawRow(element, item));
  };
  wanted.addEventListener("input", draw);
  onDraw(draw);
}

function matching(text) {
  const words = text.trim().toLowerCase();
  const digits = words.replace(/\D/g, "");
  const fits = (person) => person.name.toLowerCase().includes(words) || (digits !== "" && person.number.includes(digits));
  const people = words === "" ? [...world.customers] : world.customers.filter(fits);
  const time = (person) => messagesOf(person.number).at(-1)?.time ?? 0;
  return people.sort((a, b) => isCrowd(a) - isCrowd(b) || time(b) - time(a));
}

/** The customers of a bulk load have a country code that no country has; they stay below those that somebody made. */
function isCrowd(person) {
  return person.number.startsWith("999");
}

function row(number) {
  return h("button", {
    class: "customer", type: "button",
    onclick: () => {
      select(number);
      document.dispatchEvent(new CustomEvent("show-pane", { detail: "chat" }));
    },
  });
}

function drawRow(element, person) {
  const last = messagesOf(person.number).at(-1);
  const unread = person.number === world.selected ? 0 : unreadOf(person.number);
  set(element, { "aria-current": person.number === world.selected ? "true" : null });
  element.replaceChildren(
    avatar(person),
    h("span", { class: "nm" }, name(person.name)),
    h("span", { class: "tm" }, last ? timeOf(last.time) : ""),
    h("span", { class: "pv" }, last ? preview(last) : phoneNumber(person.number)),
    unread > 0 ? h("span", { class: "n", title: "Not read yet" }, String(unread)) : "");
}
