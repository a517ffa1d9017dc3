// The way to the program: who we are, its event stream, and commands.
//
// The stream tells everything first and then what changes. When it breaks, it is opened again by itself, and the
// first message is the whole truth again, so that nothing has to be remembered.

/** Shows the token of a link once; the cookie that comes back opens everything after that. */
export async function openSession() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    const answer = await fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (!answer.ok) return null;
    return (await answer.json()).role;
  }
  const answer = await fetch("/session");
  return answer.ok ? (await answer.json()).role : null;
}

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;
// The program gives a sign of life every ten seconds.
const SILENCE = 25000;

/** A WebSocket that comes back by itself. */
export function socket(path, { onMessage, onLink }) {
  let pause = FIRST_PAUSE;
  let connection;
  let watchdog;
  const listen = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => connection.close(), SILENCE);
  };
  const open = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    connection = new WebSocket(`${scheme}//${location.host}${path}`);
    connection.binaryType = "arraybuffer";
    listen();
    connection.onmessage = (message) => {
      listen();
      pause = FIRST_PAUSE;
      onLink?.(true);
      onMessage(message.data);
    };
    connection.onclose = () => {
      clearTimeout(watchdog);
      onLink?.(false);
      setTimeout(open, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
  };
  open();
}

/** Everything that is known, kept up to date. `onChange` gets all topics and the names of those that are new. */
export function events({ onChange, onLink }) {
  let topics = {};
  socket("/events/ws", {
    onLink,
    onMessage: (text) => {
      const message = JSON.parse(text);
      if (message.event === "beat") return;
      if (message.event === "snapshot") topics = {};
      const heard = performance.now();
      Object.assign(topics, message.data);
      if (message.data.show) topics.show.heard = heard;
      onChange(topics, new Set(Object.keys(message.data)));
    },
  });
}

/** How far the show is now: time goes on by itself between two messages, unless it stands still. */
export function clockOf(show) {
  const since = show.curtain === "up" ? (performance.now() - show.heard) / 1000 : 0;
  const elapsed = show.elapsed_sec == null ? null : Math.min(show.elapsed_sec + since, show.duration_sec ?? Infinity);
  const hold = show.hold_remaining_sec == null ? null : Math.max(show.hold_remaining_sec - since, 0);
  const left = elapsed == null || show.duration_sec == null ? null : Math.max(show.duration_sec - elapsed, 0);
  const progress = elapsed == null ? null : show.duration_sec > 0 ? elapsed / show.duration_sec : 1;
  return { elapsed, hold, left, progress };
}

/** Gives a command; throws what the program says against it. A command that is sent twice is done once. */
export async function command(path, body, method = "POST") {
  const key = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16)).join("");
  const send = () =>
    fetch(path, {
      method,
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  let answer;
  try {
    answer = await send();
  } catch {
    answer = await send();
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? answer.statusText);
  return said;
}

export async function ask(path) {
  const answer = await fetch(path);
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail ?? answer.statusText);
  return said;
}
