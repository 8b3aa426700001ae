// The small form that makes a group of people who are there.
import { api } from "./api.js";
import { attempt, byId, h, phoneNumber, toast } from "./dom.js";
import { customer, refresh, select, world } from "./world.js";

const MOST_SHOWN = 300;

export function startGroups() {
  const button = byId("add-group");
  const form = byId("new-group");
  const subject = h("input", { required: true, maxlength: "100", autocomplete: "off" });
  const members = h("select", { multiple: true, size: "6", required: true });
  const wrong = h("p", { class: "wrong", hidden: true });
  const go = h("button", { class: "btn pri", type: "submit" }, "Make this group");
  form.append(h("label", { class: "field" }, "Subject", subject), h("label", { class: "field" }, "Members", members), wrong,
    h("div", { class: "row" }, h("button", { class: "btn plain", type: "button", onclick: () => toggle(false) }, "Cancel"), go));

  function toggle(show) {
    form.hidden = !show;
    button.setAttribute("aria-expanded", String(show));
    wrong.hidden = true;
    if (!show) return;
    const people = [...world.phones, ...world.customers].slice(0, MOST_SHOWN);
    members.replaceChildren(...people.map((one) => h("option", { value: one.number, selected: one.number === world.selected || one.number === world.to },
      `${one.name} · ${phoneNumber(one.number)}`)));
    subject.value = `Group ${world.groups.length + 1}`;
    subject.focus();
    subject.select();
  }
  button.addEventListener("click", () => toggle(form.hidden));
  form.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = [...members.selectedOptions].map((option) => option.value);
    const problem = subject.value.trim() === "" ? "Give a subject." : chosen.length < 2 ? "A group has two members or more." : null;
    wrong.textContent = problem ?? "";
    wrong.hidden = problem === null;
    if (problem !== null) return;
    attempt(async () => {
      // A customer makes it where there is one: that is whose screen this page shows.
      const owner = chosen.find((number) => customer(number)) ?? chosen[0];
      const group = await api.createGroup({ subject: subject.value.trim(), owner, members: chosen.filter((number) => number !== owner) });
      toggle(false);
      await refresh();
      if (customer(owner)) {
        await select(owner);
        world.to = group.id;
        await refresh();
      }
      toast(`“${group.subject}” has ${group.members.length} members.`);
    }, go);
  });
}
