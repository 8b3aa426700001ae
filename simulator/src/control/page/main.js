import { byId, set } from "./dom.js";
import { listen, onDraw, world } from "./world.js";
import { startPhones } from "./phones.js";
import { startCustomers } from "./customers.js";
import { startGroups } from "./group_form.js";
import { startChat } from "./chat.js";
import { startFaults } from "./faults.js";

const KEY = "simulator.theme";

function startTheme() {
  const kept = localStorage.getItem(KEY);
  if (kept) document.documentElement.dataset.theme = kept;
  byId("theme").addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const next = (document.documentElement.dataset.theme ?? system) === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
  });
}

/** On a narrow window one pane shows at a time. */
export function showPane(pane) {
  document.body.dataset.pane = pane;
  for (const button of document.querySelectorAll(".panes button")) {
    set(button, { "aria-current": button.dataset.to === pane ? "true" : null });
  }
}

function startPanes() {
  for (const button of document.querySelectorAll(".panes button")) {
    button.addEventListener("click", () => showPane(button.dataset.to));
  }
  document.addEventListener("show-pane", (event) => showPane(event.detail));
}

/** A menu closes when something else is clicked, or with Escape. */
function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target) || event.target.closest(".menu div button")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  });
}

function drawLive() {
  const [dot, words] = byId("live").children;
  const devices = world.phones.flatMap((phone) => phone.devices).filter((device) => device.device > 0 && device.connected);
  dot.className = { live: "dot on", lost: "dot bad" }[world.live] ?? "dot";
  const online = `${devices.length} linked ${devices.length === 1 ? "device" : "devices"} online`;
  words.textContent = { live: online, lost: "The simulator does not answer. Trying again…" }[world.live] ?? "Connecting…";
}

startTheme();
startPanes();
startMenus();
startPhones();
startCustomers();
startGroups();
startChat();
startFaults();
onDraw(drawLive);
listen();
