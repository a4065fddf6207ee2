// The connection: server-sent events, read by fetch, since EventSource cannot show the key.

const KEY = "container-manager-key";
const LOST_AFTER = 12000; // ms without a sign of life; the server gives one every 5 s
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;

/** Takes the key from the address: it is kept for this tab alone. Whether there was one. */
export function takeKey() {
  const given = location.hash.slice(1);
  const found = /^[\w-]{40,}$/.test(given);
  if (found) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname);
  }
  return found;
}

export class Refused extends Error {}

/** An answer of the server. Rejects with Refused where the key is wrong. */
export async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    headers: { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` },
    cache: "no-store",
  });
  if (answer.status === 403) throw new Refused(await answer.text());
  return answer;
}

/** Calls handlers[event](data) for each event, for ever; connects again by itself. */
export async function listen(handlers, onState) {
  let pause = FIRST_PAUSE;
  for (;;) {
    try {
      await once(handlers, () => {
        pause = FIRST_PAUSE;
        onState("connected");
      });
    } catch (error) {
      if (error instanceof Refused) {
        onState("refused");
        return;
      }
    }
    onState("lost");
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

async function once(handlers, onOpen) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), LOST_AFTER);
  const answer = await ask("/api/events", { signal: abort.signal });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  onOpen();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), LOST_AFTER);
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) dispatch(part, handlers);
    }
  } finally {
    clearTimeout(timer);
  }
}

function dispatch(text, handlers) {
  const fields = Object.fromEntries(
    text.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  handlers[fields.event]?.(JSON.parse(fields.data));
}
