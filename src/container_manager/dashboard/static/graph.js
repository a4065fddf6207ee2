// The graph and the plan: asked of the server where something has changed, or somebody wants it.

import { ask } from "./live.js";
import { element, put } from "./status.js";

const picture = document.getElementById("picture");
const remark = document.getElementById("picture-note");
const told = document.getElementById("plan-told");
const planNote = document.getElementById("plan-note");

let drawn = "";
let asking = false;
let again = false;

/** Draws the graph anew where what it shows has changed. */
export async function showGraph(status) {
  const key = JSON.stringify([
    status.containers.map((one) => [one.service, one.state, one.health, one.exit_code, one.drift]),
    status.missing,
    status.drift_known,
  ]);
  if (key === drawn) return;
  drawn = key;
  await redraw();
}

export async function redraw() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    do {
      again = false;
      const answer = await ask("/api/graph");
      const { svg, problem } = await answer.json();
      if (svg) {
        const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
        picture.replaceChildren(document.adoptNode(parsed.documentElement));
      }
      put(remark, problem ? `There is no newer graph: ${problem}` : "");
    } while (again);
  } catch {
    drawn = ""; // the connection is lost: the next status asks again
  } finally {
    asking = false;
  }
}

function list(head, entries) {
  if (!entries.length) return [];
  const items = element("ul");
  items.append(...entries.map((text) => element("li", text)));
  return [element("h3", head), items];
}

function because(causes) {
  return causes?.length ? ` (${causes.join("; ")})` : "";
}

document.getElementById("plan-ask").addEventListener("click", async (event) => {
  event.target.disabled = true;
  put(planNote, "Asking …");
  try {
    const answer = await ask("/api/plan");
    const plan = await answer.json();
    if (plan.problem) {
      put(planNote, "There is no plan:");
      told.replaceChildren(element("pre", plan.problem));
      return;
    }
    const containers = (plan.containers ?? []).filter((one) => one.action !== "keep");
    told.replaceChildren(
      ...list("Files", plan.changes.filter((one) => one.action !== "keep").map((one) => `${one.action} ${one.path}${because(one.causes)}`)),
      ...list("Images", (plan.images ?? []).map((one) => `${one.action} ${one.image}${because(one.causes)}`)),
      ...list("Containers", containers.map((one) => `${one.action} ${one.container ?? one.service}${because(one.causes)}`)),
      ...list("'up' would refuse to start", plan.problems ?? []),
    );
    put(planNote, plan.pending ? `Asked at ${new Date().toLocaleTimeString()}.` : "Nothing would change.");
  } catch {
    put(planNote, "The server does not answer.");
  } finally {
    event.target.disabled = false;
  }
});
