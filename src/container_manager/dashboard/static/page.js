// What the page does: it shows what the server sends. It changes nothing.

import { ask, listen, takeKey } from "./live.js";
import { addLines, forget } from "./logs.js";
import { showGraph } from "./graph.js";
import { element, put, showStatus, tick } from "./status.js";

const connection = document.getElementById("connection");
const copied = document.getElementById("copied");
let about = { program: "container-manager", options: "", service: "" };
let clearing = 0;

function command(verb, service = "") {
  const named = service ? `${about.service}${service}` : "";
  const option = about.options;
  return [about.program, verb, named, option].filter(Boolean).join(" ");
}

function copyButton(text, shown, label) {
  const made = element("button", shown, { type: "button", class: "copy", title: text, "aria-label": label });
  made.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    put(copied, `Copied: ${text}`);
    clearTimeout(clearing);
    clearing = setTimeout(() => put(copied, ""), 4000);
  });
  return made;
}

function buttons(one) {
  if (one.one_off || !one.service) return [];
  return ["logs", "restart", "shell"].map((verb) =>
    copyButton(command(verb, one.service), verb, `Copy the command: ${command(verb, one.service)}`),
  );
}

function showCommands() {
  const all = [
    ["up --detached", "apply the configuration, and start what does not run"],
    ["plan", "what that would change"],
    ["status", "this table, in the terminal"],
    ["logs --follow", "the logs, in the terminal"],
    ["stop", "stop the containers, and keep them"],
    ["down", "remove the containers; volumes stay"],
    ["backup", "save the volumes"],
  ];
  document.getElementById("command-list").replaceChildren(
    ...all.map(([verb, why]) => {
      const item = element("li");
      item.append(copyButton(command(verb), command(verb), `Copy the command: ${command(verb)}`), element("span", why, { class: "quiet" }));
      return item;
    }),
  );
}

function onState(state) {
  const told = {
    connected: "live",
    lost: "The connection is lost; trying again …",
    refused: "not connected",
  };
  put(connection, told[state]);
  connection.className = state === "connected" ? "quiet" : "lost";
  document.getElementById("refused").hidden = state !== "refused";
  if (state === "refused") put(document.getElementById("summary"), "No key");
  if (state === "connected") forget(); // the server tells the last lines once more
}

async function start() {
  takeKey();
  window.addEventListener("hashchange", () => {
    if (takeKey()) location.reload();
  });
  try {
    const answer = await ask("/api/about");
    if (answer.ok) about = await answer.json();
    put(document.getElementById("project"), about.project);
    put(document.getElementById("config"), about.config);
    document.title = `${about.project} – stack`;
  } catch {
    // told by listen() below
  }
  showCommands();
  setInterval(tick, 1000);
  await listen(
    {
      status: (status) => {
        showStatus(status, buttons);
        showGraph(status);
      },
      lines: addLines,
      alive: (failure) => {
        put(connection, failure ? `Podman does not answer: ${failure}` : "live");
        connection.className = failure ? "lost" : "quiet";
      },
    },
    onState,
  );
}

start();
