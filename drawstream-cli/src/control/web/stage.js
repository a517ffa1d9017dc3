// The stage in a browser: what OBS shows as a browser source. It shows and never steers.

import { clockOf, events, openSession } from "./link.js";
import { css, showCanvas } from "./canvas.js";
import { money, say, speak, time, wait } from "./words.js";

const at = (id) => document.getElementById(id);
const view = new URLSearchParams(location.search).get("view");
if (["canvas", "hud", "queue", "portrait"].includes(view)) document.body.dataset.view = view;

let topics = {};
let shown = "";

// Texts are shrunk until they fit, and never cut within.
function fit(element, box, largest, least) {
  for (let size = largest; size >= least; size -= 0.1) {
    element.style.fontSize = `${size}rem`;
    if (element.scrollHeight <= box.clientHeight && element.scrollWidth <= box.clientWidth) return;
  }
}

function showNow(show) {
  document.body.dataset.phase = show.phase;
  document.body.dataset.curtain = show.curtain;
  const request = show.active ?? show.preparing;
  const paused = show.curtain === "paused";
  at("phase").textContent = say(paused ? "paused" : show.phase);
  at("amount").textContent = request?.amount ? money(request.amount) : "";
  at("donor").textContent = request ? request.donor ?? say("anonymous") : say(show.phase);
  const message = at("message");
  const words = request ? request.message ?? "" : show.phase === "idle" ? say("idle-how") : "";
  const key = `${words}|${innerWidth}x${innerHeight}`;
  if (shown !== key) {
    shown = key;
    message.textContent = words;
    fit(message, message.parentElement, 1.6, 0.6);
  }
  const carded = show.phase.endsWith("_card");
  const linen = document.querySelector(".linen");
  linen.classList.toggle("carded", carded);
  if (carded) {
    at("card-text").textContent = show.reply ?? say(show.phase.replace("_card", "-reply"));
    at("card-donor").textContent = request?.donor ?? "";
  }
}

function showQueue(queue) {
  at("next-title").textContent = say("next");
  at("count").textContent = queue.size ? say("waiting-count", queue.size) : say("nobody");
  const rows = queue.next.map((next, index) => {
    const row = document.createElement("li");
    const cell = (name, text) => {
      const element = document.createElement("span");
      element.className = name;
      element.dir = "auto";
      element.textContent = text;
      row.append(element);
    };
    cell("place", index + 1);
    cell("who", next.donor ?? say("anonymous"));
    cell("sum", next.amount ? money(next.amount) : "");
    cell("when", wait(next.wait_sec));
    return row;
  });
  at("next").replaceChildren(...rows);
}

function showSources(sources) {
  const used = sources.filter((source) => source.link !== "off");
  const source = used.find((one) => !one.up) ?? used[0] ?? sources[0];
  const element = at("source");
  element.hidden = !source;
  if (!source) return;
  element.classList.toggle("down", !source.up && source.link !== "off");
  element.classList.toggle("off", source.link === "off");
  element.querySelector("b").textContent = `${source.name} • ${say(`link-${source.link}`)}`;
}

let barWas;
function tick() {
  if (topics.show) {
    const show = topics.show;
    const { hold, left, progress } = clockOf(show);
    const done = show.phase === "preparing" ? show.preparing_progress ?? 0 : show.phase === "holding" ? 1 : progress ?? 0;
    const bar = done.toFixed(3);
    if (bar !== barWas) document.querySelector("#bar i").style.scale = `${bar} 1`;
    barWas = bar;
    const text = hold != null ? say("stays", time(hold)) : left != null ? say("left", time(left)) : "";
    if (at("left").textContent !== text) at("left").textContent = text;
  }
  const clock = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  if (at("clock").textContent !== clock) at("clock").textContent = clock;
}

function showDabs(dabs) {
  const box = at("dabs");
  while (box.children.length < dabs.length) box.append(document.createElement("i"));
  while (box.children.length > dabs.length) box.lastChild.remove();
  dabs.forEach(({ color, touched }, index) => {
    const dab = box.children[index];
    dab.style.setProperty("--dab", css(color));
    dab.classList.toggle("touched", touched);
  });
}

async function start() {
  const role = await openSession().catch(() => undefined);
  if (role === null) {
    document.body.dataset.curtain = "covered";
    document.querySelector("#cover p").textContent = say("no-entry");
    return;
  }
  events({
    onChange: (all, news) => {
      topics = all;
      let anew = false;
      if (news.has("look")) {
        document.documentElement.dataset.theme = all.look.theme;
        at("caption").textContent = all.look.caption;
        anew = speak(all.look.locale);
        document.querySelector("#cover p").textContent = all.look.caption || say("brief-pause");
      }
      if ((anew || news.has("show")) && all.show) showNow(all.show);
      if ((anew || news.has("queue")) && all.queue) showQueue(all.queue);
      if (news.has("sources")) showSources(all.sources);
      tick();
    },
  });
  const linen = document.querySelector(".linen");
  showCanvas(at("canvas"), ({ width, height, brush, dabs }) => {
    linen.classList.toggle("painted", width > 0);
    if (width > 0) linen.style.aspectRatio = `${width} / ${height}`;
    linen.classList.toggle("brushing", brush !== null);
    if (brush) {
      const element = at("brush");
      element.style.left = `${((brush.x + 0.5) / width) * 100}%`;
      element.style.top = `${((brush.y + 0.5) / height) * 100}%`;
      element.style.setProperty("--brush", css(brush.color));
    }
    showDabs(dabs);
  }, { soft: true });
  setInterval(tick, 200);
  addEventListener("resize", () => topics.show && showNow(topics.show));
}

start();
