// The dashboard: what happens on the stage, and everything that can be done about it.
//
// It holds no state of its own: the event stream tells all, and every button is one command of the API. A viewer's
// words are only ever put in as text.

import { ask, clockOf, command, events, openSession } from "./link.js";
import { showCanvas } from "./canvas.js";
import { money, say, speak, time } from "./words.js";

const at = (id) => document.getElementById(id);
const shelves = ["waiting", "held", "shown", "refused"];
const page = 20;
let role = null;
let topics = {};
let shelf = "waiting";
let rows = [];
let limit = page;
let more = false;
let connected = true;
const undoable = new Set();

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

let toastTimer;
function toast(text, bad) {
  at("toast").textContent = text;
  at("toast").className = bad ? "seen bad" : "seen";
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (at("toast").className = ""), bad ? 5000 : 1800);
}

/** Gives a command and tells how it went. */
async function give(path, body, { method, done, undo } = {}) {
  try {
    const said = await command(path, body, method);
    if (undo ?? false) undoable.add(undo === true ? said.id : undo);
    if (done) toast(done);
    refresh();
    return true;
  } catch (problem) {
    toast(problem.message, true);
    return false;
  }
}

// What is on.

function showNow() {
  const { show, queue } = topics;
  if (!show) return;
  document.body.dataset.phase = show.phase;
  const request = show.active ?? show.preparing;
  at("phase").textContent = say(show.phase);
  at("donor").textContent = request ? request.donor ?? say("anonymous") : say("idle");
  at("amount").textContent = request?.amount ? money(request.amount) : "";
  at("message").textContent = show.reply ?? request?.message ?? "";
  at("linen-text").textContent = show.curtain === "covered" ? say("covered") : say(show.phase);
  at("count").textContent = queue?.size ? say("waiting-count", queue.size) : say("nobody");
  at("pause").textContent = say(show.curtain === "paused" ? "resume" : "pause");
  at("pause").disabled = show.curtain === "covered";
  for (const id of ["skip", "replay", "hold-longer"]) at(id).disabled = !show.active;
  at("panic").textContent = say(show.curtain === "covered" ? "panic-off" : "panic");
  at("panic").classList.toggle("on", show.curtain === "covered");
  at("door").textContent = say(show.closed ? "open-door" : "close-door");
  at("panic").setAttribute("aria-pressed", show.curtain === "covered");
  showAir();
}

function showAir() {
  const curtain = topics.show?.curtain;
  const air = at("air");
  air.className = `chip ${connected ? (curtain === "up" ? "live" : curtain) : "lost"}`;
  air.textContent = connected ? say(curtain ?? "up") : "…";
  const text = !connected ? say("lost") : curtain === "covered" ? say("is-covered") : "";
  if (at("banner").textContent !== text) at("banner").textContent = text;
  at("banner").hidden = !text;
}

function tick() {
  const { show } = topics;
  if (!show) return;
  const { hold, left, progress } = clockOf(show);
  const done = show.phase === "preparing" ? show.preparing_progress ?? 0 : show.phase === "holding" ? 1 : progress ?? 0;
  at("bar").firstChild.style.scale = `${done.toFixed(3)} 1`;
  at("bar").setAttribute("aria-valuenow", Math.round(done * 100));
  const text = hold != null ? say("stays", time(hold)) : left != null ? say("left", time(left)) : "";
  if (at("left").textContent !== text) at("left").textContent = text;
}

function showPulse() {
  const { pulse } = topics;
  if (!pulse) return;
  const late = pulse.late_frames ? ` · ${say("late", pulse.late_frames)}` : "";
  at("pulse").textContent = say("frames", Math.round(pulse.fps)) + late;
}

// The lists.

function showTabs() {
  const counts = Object.fromEntries((topics.counts ?? []).map(({ state, count }) => [state, count]));
  const sum = (...states) => states.reduce((all, state) => all + (counts[state] ?? 0), 0);
  const numbers = {
    waiting: topics.waiting?.filter((row) => row.state !== "drawing").length ?? 0,
    held: sum("held"), shown: sum("shown"), refused: sum("refused", "thanked", "failed", "skipped", "cleared"),
  };
  const tabs = document.querySelector(".tabs");
  if (!tabs.children.length) {
    for (const name of shelves) {
      const tab = make("button");
      tab.id = `tab-${name}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "list");
      tab.append(make("span"), make("b"));
      tab.addEventListener("click", () => open(name));
      tabs.append(tab);
    }
    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      open(shelves[(shelves.indexOf(shelf) + step + shelves.length) % shelves.length]);
      at(`tab-${shelf}`).focus();
    });
  }
  for (const name of shelves) {
    const tab = at(`tab-${name}`);
    tab.firstChild.textContent = say(name);
    tab.lastChild.textContent = numbers[name];
    tab.setAttribute("aria-selected", name === shelf);
    tab.tabIndex = name === shelf ? 0 : -1;
    tab.classList.toggle("urgent", name === "held" && numbers.held > 0);
  }
  at("list").setAttribute("aria-labelledby", `tab-${shelf}`);
  at("clear").hidden = role !== "owner" || shelf !== "waiting" || numbers.waiting === 0;
}

function open(name) {
  shelf = name;
  limit = page;
  rows = [];
  showTabs();
  refresh();
}

// The two lists that are steered come with the stream; the others are asked for when they are looked at.
let asked = 0;
async function refresh() {
  const turn = ++asked;
  if (topics[shelf] && topics[shelf].length <= limit) {
    rows = topics[shelf];
    more = false;
  } else {
    try {
      const list = await ask(`/donations?shelf=${shelf}&limit=${limit}`);
      if (turn !== asked) return;
      rows = list.donations;
      more = list.more;
    } catch (problem) {
      toast(problem.message, true);
    }
  }
  showList();
}

// A row is kept while nothing of it differs, so that focus and pictures stay where they are.
function showList() {
  const list = at("list");
  const known = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const items = rows.map((row, index) => {
    const key = JSON.stringify([row, shelf, undoable.has(row.id), document.documentElement.lang, index === 0]);
    const item = known.get(key) ?? makeItem(row, index);
    item.dataset.key = key;
    return item;
  });
  if (!items.length) items.push(known.get(`empty-${shelf}`) ?? emptyItem());
  const focused = document.activeElement?.closest?.("#list") ? document.activeElement : null;
  const same = items.length === list.children.length && items.every((item, index) => item === list.children[index]);
  if (!same) {
    list.replaceChildren(...items);
    if (focused?.isConnected) focused.focus();
    else if (focused) list.focus();
  }
  at("more").hidden = !more;
}

function emptyItem() {
  const item = make("li", "empty", say(`empty-${shelf}`));
  item.dataset.key = `empty-${shelf}`;
  return item;
}

function makeItem(row, index) {
  const item = make("li", row.state === "drawing" ? "item active" : "item");
  if (row.picture) {
    const picture = make("img", "thumb");
    picture.src = row.picture;
    picture.alt = row.message ?? "";
    picture.loading = "lazy";
    item.append(picture);
  } else {
    item.append(make("div", "thumb none", ["refused", "thanked", "failed"].includes(row.state) ? "×" : "…"));
  }
  const who = make("div", "who");
  const name = make("b", "", row.donor ?? say("anonymous"));
  name.dir = "auto";
  who.append(name);
  if (row.amount) who.append(make("span", "sum", money(row.amount)));
  const state = ["held", "drawing", "shown", "refused"].includes(row.state) ? `${row.state}-state` : row.state;
  who.append(make("span", "tag", `#${row.id} ${say(state)}`));
  for (const mark of row.marks) who.append(make("span", "tag", say(mark)));
  const words = make("p", "words", row.message ?? say("spoken"));
  words.dir = "auto";
  item.append(who, words);
  const ended = ["refused", "thanked", "failed", "skipped", "cleared"].includes(row.state);
  item.append(row.reason && (ended || row.state === "held") ? make("p", "why", row.reason) : make("span"));
  item.append(acts(row, index));
  return item;
}

function acts(row, index) {
  const bar = make("div", "acts");
  const label = row.donor ?? say("anonymous");
  const button = (name, kind, act) => {
    const element = make("button", kind, say(name));
    element.dataset.act = name;
    element.setAttribute("aria-label", `${say(name)}: ${label} #${row.id}`);
    element.addEventListener("click", act);
    bar.append(element);
  };
  const link = (name, file) => {
    const element = make("a", "", say(name));
    element.href = `/donations/${row.id}/${file}`;
    element.setAttribute("download", "");
    element.setAttribute("aria-label", `${say(name)}: ${label} #${row.id}`);
    bar.append(element);
  };
  const path = `/donations/${row.id}`;
  const waits = ["received", "gated", "planned", "painted", "ready"].includes(row.state);
  if (row.state === "held") button("approve", "yes", () => give(`${path}/approve`, undefined, { undo: row.id }));
  if (waits && !row.marks.includes("approved") && topics.settings?.approval !== "none" && row.state !== "ready")
    button("approve", "yes", () => give(`${path}/approve`, undefined, { undo: row.id }));
  if (waits || row.state === "held") button("refuse", "no", () => give(`${path}/refuse`, undefined, { undo: row.id }));
  if (waits) {
    const first = rows[0]?.state === "drawing" ? 1 : 0;
    const turn = index - first;
    if (turn > 0) {
      button("to-front", "plain", () => give(`${path}/move`, { to: 0 }, { undo: row.id }));
      button("move-up", "plain", () => give(`${path}/move`, { to: turn - 1 }, { undo: row.id }));
    }
    if (index < rows.length - 1) button("move-down", "plain", () => give(`${path}/move`, { to: turn + 1 }, { undo: row.id }));
  }
  if (row.state !== "drawing") button("edit", "plain", () => edit(row));
  if (["shown", "refused", "thanked", "failed", "skipped", "cleared"].includes(row.state))
    button("retry", "plain", () => give(`${path}/retry`, undefined, { done: say("done") }));
  if (undoable.has(row.id) && row.state !== "drawing")
    button("undo", "plain", async () => {
      undoable.delete(row.id);
      await give(`${path}/undo`, undefined, { done: say("taken-back") });
    });
  if (row.has_plan) {
    link("plan", "plan.json");
    link("timelapse", "timelapse.gif");
  }
  return bar;
}

function edit(row) {
  const dialog = at("edit");
  at("edit-words").value = row.message ?? "";
  dialog.returnValue = "";
  dialog.onclose = () => {
    const prompt = at("edit-words").value.trim();
    if (dialog.returnValue === "ok" && prompt) give(`/donations/${row.id}/edit`, { prompt }, { done: say("done"), undo: row.id });
  };
  dialog.showModal();
}

// How things are.

function health(list, entries) {
  at(list).replaceChildren(
    ...entries.map(({ name, up, lines, error }) => {
      const item = make("li");
      item.append(make("i", up == null ? "" : up ? "good" : "bad"), make("b", "", name));
      for (const line of lines.filter(Boolean)) item.append(make("span", "", line));
      if (error) item.append(make("em", "", say("last-error", error)));
      return item;
    }),
  );
}

function showSources() {
  health("sources", (topics.sources ?? []).map((source) => ({
    name: source.name, up: source.link === "off" ? null : source.up, lines: [source.state],
    error: source.last_error && !source.state.includes(source.last_error) ? source.last_error : null,
  })));
}

function showOutputs() {
  const outputs = topics.outputs ?? [];
  at("outputs-card").hidden = !outputs.length;
  health("outputs", outputs.map((output) => ({
    name: say(output.name), up: { live: true, done: true, waiting: false, failed: false }[output.state] ?? null,
    lines: [
      output.to, say(`output-${output.state}`), say("frames-of", output.frames),
      output.dropped ? say("dropped-of", output.dropped) : "", output.restarts ? say("restarts-of", output.restarts) : "",
    ],
    error: output.last_error,
  })));
}

function showWorkers() {
  const crew = (topics.workers ?? []).map((worker) => ({
    name: worker.name, up: worker.up, error: worker.last_error,
    lines: [
      worker.health?.state,
      worker.health?.mend && `→ ${worker.health.mend}`,
      worker.seconds == null ? say("not-yet") : `${say("done-of", worker.done, worker.failed)} · ${say("seconds", worker.seconds)}`,
    ],
  }));
  health("workers", crew.concat(poolOf(topics.pool)));
}

// Painters on other machines: the queue first, then each worker.
function poolOf(pool) {
  if (!pool) return [];
  const queue = { name: say("pool"), up: pool.up && pool.workers.length > 0, lines: [pool.up ? say("pool-queue", pool.waiting, pool.in_hand, pool.of_all) : say("pool-down")] };
  return [queue, ...pool.workers.map((worker) => ({
    name: `↳ ${worker.name}`, up: worker.state !== "resting", error: worker.last_error,
    lines: [
      `${say(`worker-${worker.state}`)}${worker.show ? ` · ${worker.show}` : ""} · ${worker.painters.join(", ")}`,
      worker.done + worker.failed ? `${say("done-of", worker.done, worker.failed)}${worker.seconds == null ? "" : ` · ${say("seconds", worker.seconds)}`}` : say("not-yet"),
    ],
  }))];
}

function showSettings() {
  const form = at("settings");
  const { settings } = topics;
  if (!settings || form.contains(document.activeElement)) return;
  const themes = settings.themes.map((name) => {
    const option = make("option", "", name);
    option.value = name;
    return option;
  });
  form.theme.replaceChildren(...themes);
  for (const name of ["approval", "hold_sec", "drawing_sec", "theme", "caption"]) form[name].value = settings[name];
  for (const name of ["fps_shown", "hud_shown"]) form[name].checked = settings[name];
}

function showWords() {
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("[data-title]")) element.title = say(element.dataset.title);
  at("role").textContent = role ? say(role) : "";
  showTabs();
}

// What is done.

const panic = () => give(topics.show?.curtain === "covered" ? "/panic/off" : "/panic/on");
const pause = () => give(topics.show?.curtain === "paused" ? "/queue/resume" : "/queue/pause");
const skip = () => give("/queue/skip", undefined, { undo: true });
const replay = () => give("/queue/replay");
const holdLonger = () => give("/queue/hold-longer", undefined, { done: say("done") });

function bind() {
  for (const [id, act] of Object.entries({ panic, pause, skip, replay, "hold-longer": holdLonger })) at(id).addEventListener("click", act);
  at("door").addEventListener("click", () => give(topics.show?.closed ? "/queue/open" : "/queue/close"));
  at("more").addEventListener("click", () => {
    limit = Math.min(limit + page, 200);
    refresh();
  });
  at("clear").addEventListener("click", () => confirm(say("clear-sure")) && give("/queue/clear", undefined, { done: say("done") }));
  at("test").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const body = { amount: form.amount.value, message: form.message.value };
    if (form.donor.value.trim()) body.donor = form.donor.value;
    if (await give("/commands/donate", body, { done: say("done") })) form.message.value = "";
  });
  at("settings").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    document.activeElement?.blur();
    give("/settings", {
      approval: form.approval.value, hold_sec: Number(form.hold_sec.value), drawing_sec: Number(form.drawing_sec.value),
      theme: form.theme.value, caption: form.caption.value, fps_shown: form.fps_shown.checked,
      hud_shown: form.hud_shown.checked,
    }, { method: "PATCH", done: say("saved") });
  });
  const keys = {
    " ": pause, s: skip, r: replay, l: holdLonger, p: panic,
    1: () => open("waiting"), 2: () => open("held"), 3: () => open("shown"), 4: () => open("refused"),
    d: () => {
      at("test-card").open = true;
      at("test").message.focus();
    },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || at("edit").open) return;
    if (event.target.closest("input, textarea, select, summary")) return;
    if (event.key === " " && event.target.closest("button, a")) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

async function start() {
  role = await openSession().catch(() => null);
  if (role === null || role === "viewer") {
    showWords();
    document.querySelector(".grid").hidden = true;
    at("panic").hidden = true;
    at("banner").textContent = say("no-entry");
    at("banner").hidden = false;
    return;
  }
  at("settings-card").hidden = role !== "owner";
  bind();
  showWords();
  events({
    onLink: (up) => {
      if (connected !== up) {
        connected = up;
        showAir();
      }
    },
    onChange: (all, news) => {
      topics = all;
      if (news.has("look")) {
        document.documentElement.dataset.theme = all.look.theme;
        if (speak(all.look.locale)) showWords();
      }
      if (news.has("show") || news.has("queue") || news.has("look")) showNow();
      if (news.has("pulse")) showPulse();
      if (news.has("counts") || news.has("waiting")) showTabs();
      if (news.has("counts") || news.has(shelf)) refresh();
      if (news.has("sources")) showSources();
      if (news.has("outputs") || news.has("look")) showOutputs();
      if (news.has("workers") || news.has("pool") || news.has("look")) showWorkers();
      if (news.has("settings")) showSettings();
      tick();
    },
  });
  const linen = document.querySelector(".linen");
  showCanvas(at("canvas"), ({ width }) => linen.classList.toggle("painted", width > 0));
  setInterval(tick, 250);
}

start();
