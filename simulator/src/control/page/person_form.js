// The small form that makes a phone or a customer, filled with a suggestion so that one click is enough.
import { attempt, h } from "./dom.js";

export function personForm({ button, form, noun, suggestions, taken, create }) {
  const who = h("input", { required: true, maxlength: "100", autocomplete: "off" });
  const number = h("input", { required: true, inputmode: "tel", autocomplete: "off", "aria-describedby": `${form.id}-wrong` });
  const wrong = h("p", { class: "wrong", id: `${form.id}-wrong`, hidden: true });
  const go = h("button", { class: "btn pri", type: "submit" }, `Make this ${noun}`);
  form.append(h("label", { class: "field" }, "Name", who), h("label", { class: "field" }, "Number with country code", number), wrong,
    h("div", { class: "row" }, h("button", { class: "btn plain", type: "button", onclick: () => toggle(false) }, "Cancel"), go));

  function toggle(show) {
    form.hidden = !show;
    button.setAttribute("aria-expanded", String(show));
    wrong.hidden = true;
    if (!show) return;
    [who.value, number.value] = suggestion(suggestions, taken());
    who.focus();
    who.select();
  }
  button.addEventListener("click", () => toggle(form.hidden));
  form.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const digits = number.value.replace(/[\s().-]/g, "").replace(/^\+/, "");
    const problem = problemWith(who.value.trim(), digits);
    wrong.textContent = problem ?? "";
    wrong.hidden = problem === null;
    if (problem === null) {
      attempt(async () => {
        await create({ name: who.value.trim(), number: digits });
        toggle(false);
      }, go);
    }
  });
}

function problemWith(who, digits) {
  if (who === "") return "Give a name.";
  if (!/^[1-9]\d{6,14}$/.test(digits)) return "A number has 7 to 15 digits and begins with the country code.";
  return null;
}

/** The first that is free, else the last with other digits. */
function suggestion(suggestions, taken) {
  const numbers = new Set(taken.map((person) => person.number));
  const free = suggestions.find(([, digits]) => !numbers.has(digits));
  if (free) return free;
  let digits = BigInt(suggestions.at(-1)[1]);
  while (numbers.has(String(digits))) digits += 1n;
  return ["", String(digits)];
}
