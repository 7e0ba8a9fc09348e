// Actions on alerts from a phone: sent at once, or kept here while there is no connection.
// One tap that ends an alert is kept for some seconds first, in which it can be taken back.
// Kept are the address, the form's fields and the time; signing out deletes them.

import { t } from "./texts.js";

const KEY = "stillwell-kept";
const COPIES = "stillwell-session";
const PATIENCE_MS = 10_000;
const AGAIN_MS = 15_000;
const UNDO_MS = 5_000;

const place = document.querySelector("[data-kept]");
const me = place?.dataset.kept || "";
let isSending = false;

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || [];
  } catch {
    return [];
  }
}

function write(actions) {
  if (actions.length) localStorage.setItem(KEY, JSON.stringify(actions));
  else localStorage.removeItem(KEY);
}

function change(id, fields) {
  write(read().map((one) => (one.id === id ? { ...one, ...fields } : one)));
}

function drop(id) {
  write(read().filter((one) => one.id !== id));
  show();
}

function line(text, ...more) {
  const paragraph = document.createElement("p");
  paragraph.className = "govuk-body";
  paragraph.append(text, ...more);
  return paragraph;
}

function link(text, href) {
  const anchor = document.createElement("a");
  anchor.className = "govuk-link";
  anchor.href = href;
  anchor.textContent = text;
  return anchor;
}

function dismiss(id, text) {
  const button = document.createElement("button");
  button.className = "govuk-button govuk-button--secondary govuk-!-margin-bottom-0";
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", () => drop(id));
  return button;
}

// A clock that was turned back meanwhile holds nothing up.
function canBeUndone(one) {
  const left = (one.due || 0) - Date.now();
  return left > 0 && left <= UNDO_MS;
}

const told = [];

function show() {
  if (!place) return;
  const lines = [...told];
  for (const one of read()) {
    const what = `${one.what} (${one.about}, ${one.clock})`;
    if (one.account !== me) {
      lines.push(line(t("Somebody else's action is kept on this phone: %(what)s. It is sent when they sign in.", { what })));
    } else if (one.refused) {
      const note = one.fields.find(([name]) => name === "note" || name === "said");
      const typed = note?.[1] ? ` ${t("You had typed: %(text)s", { text: note[1] })}` : "";
      lines.push(
        line(
          `${t("Not taken: %(what)s.", { what })} ${one.refused}${typed} `,
          link(t("See the alert"), one.page),
          " ",
          dismiss(one.id, t("I have read this")),
        ),
      );
    } else if (canBeUndone(one)) {
      lines.push(line(`${t("Sent in a moment: %(what)s.", { what })} `, dismiss(one.id, t("Undo"))));
    } else {
      lines.push(line(t("Kept on this phone, not sent yet: %(what)s. It is sent when the connection is back.", { what })));
    }
  }
  place.replaceChildren(...lines);
  place.hidden = lines.length === 0;
}

async function post(action, isLate) {
  const body = new URLSearchParams(action.fields);
  if (isLate) body.set("kept_at", action.at);
  const headers = {};
  const saw = body.get("version");
  if (saw) headers["If-Match"] = `"${saw}"`;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    return await fetch(action.url, { method: "POST", body, headers, signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

function moment(now) {
  const two = (number) => String(Math.abs(number)).padStart(2, "0");
  const ahead = -now.getTimezoneOffset();
  const zone = `${ahead < 0 ? "-" : "+"}${two(Math.trunc(ahead / 60))}:${two(ahead % 60)}`;
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day}T${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}${zone}`;
}

async function refusal(answer) {
  // Its style has the other page's nonce, which the policy of this one would complain of.
  const text = (await answer.text()).replace(/<style[^>]*>[^<]*<\/style>/g, "");
  const page = new DOMParser().parseFromString(text, "text/html");
  const said = page.querySelector(".govuk-error-summary") || page.querySelector("main");
  return { page, text: (said?.textContent || "").replace(/\s+/g, " ").trim() };
}

// What was kept goes out in order, one at a time; the first without an answer stops it.
export async function sendKept() {
  if (isSending || !me) return;
  isSending = true;
  try {
    for (const one of read().filter((kept) => kept.account === me && !kept.refused)) {
      if (canBeUndone(one)) return;
      if (!read().some((kept) => kept.id === one.id)) continue; // taken back meanwhile
      show();
      let answer;
      try {
        answer = await post(one, Date.now() > (one.due || 0) + PATIENCE_MS);
      } catch {
        return;
      }
      if (answer.status === 401 || answer.status >= 500 || answer.status === 429) return;
      if (answer.ok) {
        told.push(line(t("Sent: %(what)s.", { what: `${one.what} (${one.about}, ${one.clock})` })));
        drop(one.id);
        document.dispatchEvent(new Event("stillwell-sent"));
      } else {
        change(one.id, { refused: (await refusal(answer)).text });
        show();
      }
    }
  } finally {
    isSending = false;
  }
}

function sendWhenDue() {
  for (const one of read().filter(canBeUndone)) setTimeout(sendKept, one.due - Date.now() + 20);
}

function keep(action) {
  write([...read(), action]);
  show();
  place.scrollIntoView({ block: "nearest" });
}

async function act(form, button) {
  const fields = [...new FormData(form, button)].map(([name, value]) => [name, String(value)]);
  const now = new Date();
  const action = {
    id: `${now.getTime()}-${Math.random().toString(36).slice(2)}`,
    account: me,
    url: form.getAttribute("action"),
    page: form.getAttribute("action").replace(/\/[a-z]+$/, ""),
    fields,
    what: (button?.getAttribute("aria-label") || button?.textContent || "").split(":")[0].trim(),
    about: form.dataset.about,
    at: moment(now),
    clock: now.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }),
  };
  if (button?.matches("[data-undo]")) {
    keep({ ...action, due: now.getTime() + UNDO_MS });
    return sendWhenDue();
  }
  if (navigator.onLine === false || read().some((one) => one.account === me && !one.refused)) {
    keep(action);
    return sendKept();
  }
  let answer;
  try {
    answer = await post(action, false);
  } catch {
    return keep(action);
  }
  if (answer.status === 401 || answer.status >= 500 || answer.status === 429) return keep(action);
  if (answer.ok) return location.assign(answer.url);
  const { page } = await refusal(answer);
  const fresh = page.querySelector("main");
  if (!fresh) return keep(action);
  document.querySelector("main").replaceChildren(...fresh.childNodes);
  document.title = page.title;
  const said = document.querySelector(".govuk-error-summary") || document.querySelector("main h1");
  said?.setAttribute("tabindex", "-1");
  said?.focus();
}

export async function forget() {
  if ("caches" in window) await caches.delete(COPIES);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-keep]") && place) {
    event.preventDefault();
    act(form, event.submitter);
  }
  if (form.matches("[data-sign-out]")) {
    const waiting = read().filter((one) => one.account === me && !one.refused).length;
    if (waiting && !form.dataset.warned) {
      event.preventDefault();
      form.dataset.warned = "yes";
      told.push(line(t("Something is not sent yet, and would be lost. Sign out once more to lose it.")));
      show();
      return;
    }
    write(read().filter((one) => one.account !== me));
    forget();
  }
});

if (place) {
  show();
  sendKept();
  sendWhenDue();
  addEventListener("online", sendKept);
  setInterval(() => {
    if (!document.hidden && read().length) sendKept();
  }, AGAIN_MS);
} else {
  forget();
}

if (document.querySelector("[data-phone]") && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/service-worker.js").catch(() => {});
}
