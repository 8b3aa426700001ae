// Elements made from data. Text only ever becomes text nodes.
const SVG = "http://www.w3.org/2000/svg";

/** `h("button", { class: "btn", onclick: f }, "Text", child)`; `null` children are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  set(element, props);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "hidden" || name === "disabled" || name === "value" || name === "checked") element[name] = value;
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export function byId(id) {
  return document.getElementById(id);
}

/** A name of any script, kept from turning its surroundings around. */
export function name(text) {
  return h("bdi", {}, text);
}

export function avatar(person) {
  const words = person.name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("");
  const shade = ["", "blue", "amber", "grey"][Number(person.number.slice(-2)) % 4];
  return h("div", { class: `av ${shade}`, "aria-hidden": "true" }, letters.toUpperCase() || "?");
}

/** Makes `parent` hold exactly the elements for `items`, keeping those that are there: typed text and focus survive. */
export function reconcile(parent, items, keyOf, make, update) {
  const existing = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let element = existing.get(key);
    existing.delete(key);
    if (element === undefined) {
      element = make(item);
      element.dataset.key = key;
    }
    update(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const left of existing.values()) left.remove();
}

export function toast(text, bad = false) {
  const element = h("div", { class: bad ? "toast bad" : "toast" }, text);
  byId("toasts").append(element);
  setTimeout(() => element.remove(), bad ? 7000 : 3000);
}

/** Runs what a person asked for; a refusal becomes words, and the button waits meanwhile. */
export async function attempt(action, button = null) {
  if (button) button.disabled = true;
  try {
    return await action();
  } catch (error) {
    toast(error.message, true);
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export function timeOf(ms) {
  return clock.format(ms);
}

export function dayOf(ms) {
  const today = date.format(Date.now());
  const day = date.format(ms);
  return day === today ? "Today" : day;
}

export function phoneNumber(digits) {
  return `+${digits}`;
}
