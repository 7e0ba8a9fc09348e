// Keeps an open page fresh. Without this script every page works by loading it again.
import { initAll } from "./govuk-frontend-6.3.0/govuk-frontend.min.js";
import { forget, sendKept } from "./kept.js";
import { t } from "./texts.js";

initAll();
if (document.getElementById("queue-now")) import("./queue.js");

const region = document.querySelector("[data-live]");
const lost = document.querySelector("[data-lost]");
const HIDDEN_MS = 60_000; // browsers allow six connections to a host: idle tabs give theirs back
const SILENT_MS = 40_000; // two heartbeats and a little

let source = null;
let lastHeard = new Date();
let isRefreshing = false;
let isStale = false;

// By the place's own time: a desk's clock may be set to another zone.
function clock(moment) {
  const timeZone = lost.dataset.zone || undefined;
  return moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
}

// Whoever asked for a tone is told of a P1 while they look elsewhere: their tab keeps its stream.
function isAwaited() {
  return document.getElementById("desk-sound")?.checked === true;
}

function say(text, link) {
  const wanted = text + (link || "");
  if (lost.dataset.said === wanted) return;
  lost.dataset.said = wanted;
  lost.replaceChildren(document.createTextNode(text));
  if (link) {
    const anchor = document.createElement("a");
    anchor.className = "govuk-link";
    anchor.href = link;
    anchor.textContent = t("Sign in again");
    lost.append(" ", anchor);
  }
  lost.hidden = text === "";
}

function sayLost() {
  say(t("Not live since %(when)s. Trying to reach Stillwell again.", { when: clock(lastHeard) }));
}

function sayEnded() {
  if (source) source.close();
  source = null;
  const here = encodeURIComponent(location.pathname + location.search);
  clear();
  lost.dataset.ended = "yes";
  say(t("Your session has ended, so this page is not live."), `/sign-in?next=${here}`);
}

// A session that has ended leaves nothing of anybody on the screen or on the phone; what somebody
// was typing stays theirs to read.
function clear() {
  forget();
  const typed = [...document.querySelectorAll("textarea")].map((area) => area.value).filter(Boolean);
  const heading = document.createElement("h1");
  heading.className = "govuk-heading-l";
  heading.textContent = t("Your session has ended");
  const kept = typed.map((text) => {
    const paragraph = document.createElement("p");
    paragraph.className = "govuk-body";
    paragraph.textContent = t("You had typed: %(text)s", { text });
    return paragraph;
  });
  const main = document.querySelector("main");
  const stays = [lost, document.querySelector("[data-kept]")].filter(Boolean);
  main.replaceChildren(...stays, heading, ...kept);
  document.title = `${t("Session ended")} – Stillwell`;
}

// What somebody has typed or chosen outlives a refresh of what is around it.
function typedIn(part) {
  const areas = [...part.querySelectorAll("textarea[id]")].filter((one) => one.value !== one.defaultValue);
  const chosen = [...part.querySelectorAll("select[id]")].filter((one) => one.value !== "");
  return [...areas, ...chosen].map((one) => [one.id, one.value]);
}

function swap(fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = document.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old || old.innerHTML === part.innerHTML) continue;
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const focused = active && (active.id || active.closest("details")?.id);
    const caret = active?.selectionStart ?? 0;
    const open = [...old.querySelectorAll("details[open][id]")].map((details) => details.id);
    const typed = typedIn(old);
    old.replaceChildren(...part.childNodes);
    for (const [id, value] of typed) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const again = focused && document.getElementById(focused);
    for (const field of document.querySelectorAll("form[data-keep] input[name=version]")) {
      if (part.dataset.version) field.value = part.dataset.version;
    }
    if (again) {
      (again.querySelector(":scope > summary") || again).focus({ preventScroll: true });
      if (again.matches("textarea")) again.setSelectionRange(caret, caret);
    }
  }
}

// One request at a time; what changes meanwhile is fetched once more after it.
async function refresh() {
  if (isRefreshing) {
    isStale = true;
    return;
  }
  isRefreshing = true;
  try {
    do {
      isStale = false;
      const answer = await fetch(region.dataset.live, { headers: { Accept: "text/html" } });
      if (answer.status === 401) return sayEnded();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      lastHeard = new Date();
      say("");
      document.querySelector("[data-copy]")?.setAttribute("hidden", "");
      sendKept();
    } while (isStale);
  } catch {
    sayLost();
  } finally {
    isRefreshing = false;
  }
}

function listen() {
  if (source) source.close();
  source = new EventSource("/live");
  for (const name of ["open", "change", "reset", "beat"]) source.addEventListener(name, refresh);
  source.addEventListener("change", ({ data }) => {
    // A contact was taken out for safeguarding: no copy on this phone may show whom to call.
    if (JSON.parse(data).what === "contacts") forget();
  });
  source.addEventListener("ended", refresh);
  source.addEventListener("error", () => {
    if (lost.dataset.ended) return;
    sayLost();
    // A browser gives up after an answer that is no stream; we do not.
    if (source && source.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(() => {
        refresh().then(() => {
          if (!source && !lost.dataset.ended) listen();
        });
      }, 3000);
    }
  });
}

document.addEventListener("stillwell-sent", () => region && refresh());

if (region && lost && "EventSource" in window) {
  let idle = null;
  listen();
  // A connection can die without a word: a heartbeat that is missing is the sign.
  setInterval(() => {
    if (source && new Date() - lastHeard > SILENT_MS) {
      sayLost();
      listen();
    }
  }, 5000);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(idle);
    if (document.hidden) {
      idle = setTimeout(() => {
        if (isAwaited()) return;
        if (source) source.close();
        source = null;
      }, HIDDEN_MS);
    } else if (!source) {
      listen();
    } else {
      refresh();
    }
  });
  // What a sensor says is in no feed of changes: a page that waits for it asks.
  if (region.dataset.every) {
    setInterval(() => {
      if (!document.hidden) refresh();
    }, region.dataset.every * 1000);
  }
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) listen();
  });
}
