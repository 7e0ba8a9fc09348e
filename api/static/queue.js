// The queue at a desk: running clocks, single keys, a tone on P1. The page works without it.
import { t } from "./texts.js";

const SOUND = "stillwell-sound";
const KEYS = "stillwell-keys";
const LIMITS_S = [60, 180];

const top_ = document.querySelector('[data-part="top"]');
const desk = document.getElementById("desk");
const soundBox = document.getElementById("desk-sound");
const keysBox = document.getElementById("desk-keys");
const said = document.getElementById("desk-said");
const lost = document.querySelector("[data-lost]");
const title = document.title;

function remembered(key, otherwise) {
  try {
    return localStorage.getItem(key) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the choice holds for this page only.
  }
}

// Clocks count by the server's time: a desk's own may be wrong by minutes.
let ahead = 0;

function two(count) {
  return String(count).padStart(2, "0");
}

function length(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours ? `${hours} h ${two(minutes)} min` : `${minutes}:${two(Math.floor(seconds % 60))}`;
}

function tick() {
  const now = performance.now() + ahead;
  for (const run of document.querySelectorAll(".stillwell-clock__run")) {
    const passed = Math.max(0, (now - Number(run.dataset.from)) / 1000);
    const limit = LIMITS_S.find((one) => passed < one);
    const text = limit
      ? t("%(time)s left of %(limit)s s", { time: length(Math.ceil(limit - passed)), limit })
      : t("%(time)s over %(limit)s s", { time: length(passed - LIMITS_S.at(-1)), limit: LIMITS_S.at(-1) });
    if (run.textContent !== text) run.textContent = text;
    run.classList.toggle("stillwell-clock__run--over", !limit);
  }
}

// Sound: a browser lets a page sound only after somebody has touched it.
let audio = null;
let newest = 0;

function tone() {
  if (!audio || audio.state !== "running") return;
  for (const [index, hertz] of [880, 660, 880].entries()) {
    const start = audio.currentTime + index * 0.25;
    const volume = audio.createGain();
    volume.gain.setValueAtTime(0.25, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.22);
    volume.connect(audio.destination);
    const voice = audio.createOscillator();
    voice.frequency.value = hertz;
    voice.connect(volume);
    voice.start(start);
    voice.stop(start + 0.23);
  }
}

async function wake() {
  if (!soundBox.checked || !("AudioContext" in window)) return;
  audio ||= new AudioContext();
  if (audio.state !== "running") await Promise.race([audio.resume(), new Promise((go) => setTimeout(go, 500))]);
  const isReady = audio.state === "running";
  said.textContent = isReady ? t("Sound is on.") : t("Sound waits until you click or press a key on this page.");
  if (!isReady) desk.open = true;
}

// While nothing can be told no tone comes: a title that only counted would hide it.
function entitle() {
  const waiting = Number(document.getElementById("queue-now")?.dataset.waiting || 0);
  if (!soundBox.checked || lost.dataset.ended) return;
  if (!lost.hidden) document.title = `${t("Not live")}: ${title}`;
  else document.title = waiting ? `(${waiting} P1) ${title}` : title;
}

function heed() {
  const now = document.getElementById("queue-now");
  if (!now) return;
  ahead = Number(now.value) - performance.now();
  const isNew = newest && Number(now.dataset.newest) > newest;
  newest = Math.max(newest, Number(now.dataset.newest), 1);
  entitle();
  if (isNew && soundBox.checked) tone();
  tick();
}

soundBox.checked = remembered(SOUND, "off") === "on";
keysBox.checked = remembered(KEYS, "on") === "on";
soundBox.addEventListener("change", async () => {
  remember(SOUND, soundBox.checked ? "on" : "off");
  if (soundBox.checked) {
    await wake();
    tone();
  } else {
    said.textContent = t("Sound is off.");
    document.title = title;
  }
  heed();
});
keysBox.addEventListener("change", () => {
  remember(KEYS, keysBox.checked ? "on" : "off");
  said.textContent = keysBox.checked ? t("Single keys are on.") : t("Single keys are off.");
});
for (const touch of ["pointerdown", "keydown"]) {
  addEventListener(touch, () => audio?.state !== "running" && wake(), { passive: true });
}

// Keys. None acts while somebody types, and all can be switched off (WCAG 2.1.4).
function links() {
  return [...top_.querySelectorAll('a[id^="alert-"], a[id^="unwatched-"]')];
}

function move(by) {
  const all = links();
  const here = document.activeElement?.closest(".stillwell-line__others > li, .stillwell-line");
  const at = all.findIndex((link) => here?.contains(link));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
}

function of(prefix) {
  const id = document.activeElement?.id?.match(/^(?:alert|take|outcome)-(.+)$/)?.[1];
  return id ? document.getElementById(`${prefix}-${id}`) : null;
}

function outcome() {
  const details = of("outcome");
  if (!details) return;
  details.open = true;
  details.querySelector("select").focus();
}

const ACTS = {
  j: () => move(1),
  k: () => move(-1),
  t: () => of("take")?.click(),
  o: outcome,
  f: () => {
    document.getElementById("filtering").open = true;
    document.querySelector("#filter select").focus();
  },
  u: () => document.getElementById("unwatched-heading")?.focus(),
  "?": () => {
    desk.open = !desk.open;
    desk.querySelector("summary").focus();
  },
};

addEventListener("keydown", (event) => {
  if (!keysBox.checked || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const act = ACTS[event.key.length === 1 ? event.key.toLowerCase() : ""];
  if (!act) return;
  event.preventDefault();
  act();
});

heed();
wake();
setInterval(tick, 1000);
new MutationObserver(heed).observe(top_, { childList: true });
new MutationObserver(entitle).observe(lost, { attributes: true, attributeFilter: ["hidden"] });
