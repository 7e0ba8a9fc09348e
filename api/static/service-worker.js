// Lets a phone read without a connection what its session has just read, and nothing longer.
// FILES stands above: our own static files, which say nothing of anybody.
const OURS = "stillwell-files";
const COPIES = "stillwell-session";
const UNTIL = "Stillwell-Keep-Until";
const MOST = 20;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(OURS)
      .then((cache) => cache.addAll([...FILES, "/offline"]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(tidy().then(() => self.clients.claim()));
});

async function tidy() {
  const files = await caches.open(OURS);
  const wanted = new Set([...FILES, "/offline"].map((path) => new URL(path, location.origin).href));
  for (const request of await files.keys()) {
    if (!wanted.has(request.url)) await files.delete(request);
  }
  await expire();
}

// Copies end by themselves: none is shown, or stays once we are awake, after its time.
async function expire() {
  const copies = await caches.open(COPIES);
  const kept = await copies.keys();
  for (const [index, request] of kept.entries()) {
    const copy = await copies.match(request);
    const isOver = !(Date.parse(copy?.headers.get(UNTIL)) > Date.now());
    if (isOver || index < kept.length - MOST) await copies.delete(request);
  }
}

async function page(request) {
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return copy(request);
  }
  // Whoever reads the sign-in page has no session any more.
  const isOver = answer.status === 401 || (answer.ok && new URL(request.url).pathname === "/sign-in");
  if (isOver && answer.type === "basic") await caches.delete(COPIES);
  if (answer.ok && answer.headers.get(UNTIL)) {
    const copies = await caches.open(COPIES);
    await copies.delete(request.url);
    await copies.put(request.url, answer.clone());
    await expire();
  }
  return answer;
}

async function copy(request) {
  await expire();
  const kept = await (await caches.open(COPIES)).match(request.url);
  if (!kept) return (await caches.open(OURS)).match("/offline");
  const headers = new Headers(kept.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  const text = (await kept.text()).replace("data-copy hidden", "data-copy");
  return new Response(text, { status: 200, headers });
}

async function file(request) {
  const kept = await (await caches.open(OURS)).match(request);
  if (kept && new URL(request.url).search) return kept; // its address names its version
  try {
    return await fetch(request);
  } catch (problem) {
    if (kept) return kept;
    throw problem;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin || request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(request));
});
