// The table of containers. Rows stay the same elements, so that focus and selection survive.

const STATES = {
  running: ["●", "good"],
  exited: ["■", "idle"],
  paused: ["‖", "odd"],
  created: ["○", "idle"],
  restarting: ["↻", "odd"],
};
const HEALTH = { healthy: ["✓", "good"], unhealthy: ["✗", "bad"], starting: ["…", "odd"] };
const UNITS = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];

const rows = new Map();
let shown = null;
let skew = 0;

/** An element with text and attributes. */
export function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Changes text only where it is another one: nothing is read aloud or drawn again for nothing. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function ago(seconds) {
  for (const [size, unit] of UNITS) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${count} ${unit}${count > 1 ? "s" : ""}`;
  }
  return "0 seconds";
}

export function size(bytes) {
  let amount = bytes;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (amount < 1024) return `${unit === "B" ? amount : amount.toFixed(1)} ${unit}`;
    amount /= 1024;
  }
  return `${amount.toFixed(1)} TiB`;
}

/** Draws a status; copy(service) gives the buttons of a service. */
export function showStatus(status, buttons) {
  shown = status;
  skew = Date.now() / 1000 - status.taken;
  const body = document.getElementById("rows");
  const wanted = new Set(status.containers.map((one) => one.container));
  for (const [name, row] of rows) {
    if (!wanted.has(name)) {
      row.element.remove();
      rows.delete(name);
    }
  }
  status.containers.forEach((one, index) => {
    let row = rows.get(one.container);
    if (!row) {
      row = makeRow(one, buttons);
      rows.set(one.container, row);
    }
    if (body.children[index] !== row.element) body.insertBefore(row.element, body.children[index] ?? null);
    fill(row, one);
  });
  showSummary(status);
  showNotes(status);
  tick();
}

function makeRow(one, buttons) {
  const made = element("tr", "", { "data-container": one.container, "data-service": one.service });
  const cells = {};
  cells.service = element("th", "", { scope: "row" });
  cells.name = element("span", one.one_off || !one.service ? one.container : one.service);
  cells.owner = element("span", one.owner ?? "", { class: "owner" });
  cells.why = element("span", "", { class: "why bad" });
  cells.drift = element("span", "", { class: "why odd" });
  cells.service.append(cells.name, cells.owner, cells.why, cells.drift);
  made.append(cells.service);
  for (const key of ["state", "health", "since", "restarts", "memory", "cpu", "address", "image"]) {
    const number = ["restarts", "memory", "cpu"].includes(key);
    cells[key] = element("td", "", { class: number ? "number" : key });
    made.append(cells[key]);
  }
  const copies = element("td");
  copies.append(...buttons(one));
  made.append(copies);
  return { element: made, cells, addresses: null };
}

function fill(row, one) {
  const { cells } = row;
  const state = one.exit_code === null ? one.state : `${one.state} ${one.exit_code}`;
  const [mark, tone] = STATES[one.state] ?? ["?", "odd"];
  marked(cells.state, one.wrong ? "✗" : mark, state, one.wrong ? "bad" : tone);
  if (one.health) {
    const [sign, color] = HEALTH[one.health] ?? ["?", "odd"];
    marked(cells.health, one.stale ? "?" : sign, one.stale ? `${one.health} (old)` : one.health, one.stale ? "odd" : color);
  } else {
    marked(cells.health, "", "–", "idle");
  }
  put(cells.restarts, String(one.restarts));
  put(cells.memory, one.usage ? size(one.usage.memory) : "–");
  put(cells.cpu, one.usage ? `${Math.round(one.usage.cpu * 100)} %` : "–");
  put(cells.image, one.image);
  cells.image.title = `${one.image}\n${one.digest}`;
  put(cells.why, one.wrong ?? "");
  put(cells.drift, one.drift.map((text) => `differs: ${text}`).join("; "));
  const addresses = one.addresses.join(" ");
  if (row.addresses !== addresses) {
    row.addresses = addresses;
    cells.address.replaceChildren(...(one.addresses.length ? one.addresses.flatMap(linked) : ["–"]));
  }
}

function linked(address) {
  if (!/^https?:\/\//.test(address)) return [element("span", address), " "];
  return [element("a", address.replace(/^https?:\/\//, ""), { href: address, target: "_blank", rel: "noopener noreferrer" }), " "];
}

function marked(cell, mark, text, tone) {
  if (cell.dataset.told === `${mark}${text}${tone}`) return;
  cell.dataset.told = `${mark}${text}${tone}`;
  const sign = element("span", mark, { class: "mark", "aria-hidden": "true" });
  cell.replaceChildren(...(mark ? [sign] : []), element("span", text, { class: tone }));
  sign.classList.add(tone);
}

function showSummary(status) {
  const own = status.containers.filter((one) => !one.one_off).length + status.missing.length;
  const bad = status.containers.filter((one) => one.wrong).length + status.missing.length;
  const drifted = status.containers.filter((one) => one.drift.length).length;
  const badge = document.getElementById("summary");
  let text = `✓ All ${own} do what they should`;
  let tone = "good";
  if (bad) [text, tone] = [`✗ ${bad} of ${own} do not do what they should`, "bad"];
  else if (!own) [text, tone] = ["There are no containers", status.drift_known ? "" : "bad"];
  else if (drifted) [text, tone] = [`✓ All ${own} run, ${drifted} differ from the configuration`, "odd"];
  put(badge, text);
  badge.className = `badge ${tone}`;
}

function showNotes(status) {
  const told = status.missing.map((name) => ["bad", `${name} has no container: 'up' makes it.`]);
  if (status.problems.length) {
    told.push(["", `The configuration cannot be compared with what runs:\n${status.problems.join("\n")}`]);
  }
  const list = document.getElementById("notes");
  const key = JSON.stringify(told);
  if (list.dataset.told !== key) {
    list.dataset.told = key;
    list.replaceChildren(...told.map(([tone, text]) => element("li", text, { class: tone })));
  }
  const others = status.others.map((one) => `${one.project} (${one.running} of ${one.containers} running)`);
  put(document.getElementById("others"), others.length ? `Other stacks on this machine: ${others.join(", ")}` : "");
}

/** What grows older by itself. */
export function tick() {
  if (!shown) return;
  const now = Date.now() / 1000 - skew;
  for (const one of shown.containers) {
    const row = rows.get(one.container);
    if (row) put(row.cells.since, one.since ? ago(now - Date.parse(one.since) / 1000) : "–");
  }
}
