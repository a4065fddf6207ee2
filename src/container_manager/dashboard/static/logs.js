// The logs: at most so many lines are in the page, and they are drawn once a frame.

import { element, put } from "./status.js";

const HELD = 2000;
const COLORS = 8;
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

const box = document.getElementById("lines");
const service = document.getElementById("log-service");
const text = document.getElementById("log-text");
const pause = document.getElementById("log-pause");
const note = document.getElementById("log-note");

let held = []; // {service, text} of all services, the newest last
let waiting = [];
let planned = false;
let paused = false;
const known = new Map();

function color(name) {
  if (!known.has(name)) {
    known.set(name, known.size % COLORS);
    service.append(element("option", name, { value: name }));
  }
  return known.get(name);
}

export function addLines({ dropped, lines }) {
  const fresh = lines.map(([name, container, , said]) => {
    const shown = name || container;
    color(shown);
    return { service: shown, text: said.replace(ESCAPES, "") };
  });
  if (dropped) fresh.unshift({ service: "", text: `… ${dropped} lines were left out: they came too fast` });
  held = held.concat(fresh).slice(-HELD);
  waiting = waiting.concat(fresh).slice(-HELD);
  plan();
}

export function forget() {
  held = [];
  waiting = [];
  box.replaceChildren();
}

function plan() {
  if (paused) {
    put(note, `${waiting.length} more lines`);
    return;
  }
  if (planned) return;
  planned = true;
  requestAnimationFrame(draw);
}

function wanted(line) {
  if (service.value && line.service !== service.value) return false;
  return !text.value || line.text.toLowerCase().includes(text.value.toLowerCase());
}

function row(line) {
  const made = element("div");
  if (line.service) made.append(element("b", line.service, { class: `c${color(line.service)}` }), line.text);
  else made.append(element("span", line.text, { class: "gap" }));
  return made;
}

function draw() {
  planned = false;
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const fresh = waiting.filter(wanted).map(row);
  waiting = [];
  box.append(...fresh);
  while (box.childElementCount > HELD) box.firstElementChild.remove();
  if (atEnd) box.scrollTop = box.scrollHeight;
  put(note, "");
}

function again() {
  waiting = [];
  box.replaceChildren(...held.filter(wanted).map(row));
  box.scrollTop = box.scrollHeight;
}

service.addEventListener("change", again);
text.addEventListener("input", again);
document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("log-clear").addEventListener("click", forget);
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  put(pause, paused ? "Go on" : "Pause");
  if (!paused) plan();
});
