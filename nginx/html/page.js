/* Keeps the page at / fresh: asks /status.json each second and fills the elements that the server
   made. Texts only ever become text. Without this script the page is a snapshot. */
const PERIOD_MS = 1000, LIMIT_MS = 3000, DASH = "–", PARTS = ["queue", "application", "database", "writing"];
const one = (root, selector) => root.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const entries = () => all(".requests ol a");
const card = (name) => one(document, `.${name}`);
const page = new URLSearchParams(location.search);
let chosen = page.get("trace") || "", answeredAt = Date.now(), timer = 0, turn = 0, last = null;

/* Words, as the server says them. */
const clock = (ms) => `${new Date(ms).toTimeString().slice(0, 8)}.${String(ms % 1000).padStart(3, "0")}`;
const age = (ms) => {
  const s = Math.max(0, ms / 1000), n = Math.floor;
  return s < 10 ? `${s.toFixed(1)} s` : s < 120 ? `${n(s)} s` : s < 7200 ? `${n(s / 60)} min`
    : s < 172800 ? `${n(s / 3600)} h ${n(s / 60) % 60} min` : `${n(s / 86400)} d ${n(s / 3600) % 24} h`;
};
const figure = (ms) => ms === null ? DASH : ms.toFixed(ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0);
const count = (n) => n === null ? DASH : String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const bytes = (n) => {
  let u = 0;
  if (n === null) return DASH;
  for (; n >= 1000 && u < 4; u++) n /= 1000;
  return `${n.toFixed(u && n < 100 ? 1 : 0)} ${["bytes", "KB", "MB", "GB", "TB"][u]}`;
};
const share = (part, whole) => whole > 0 ? 100 * part / whole : 0;
const sum = (list) => list.reduce((a, b) => a + b, 0);

const say = (root, texts) => {
  for (const [selector, text] of Object.entries(texts)) {
    const element = one(root, selector), now = text ?? "";
    if (element && element.textContent !== now) element.textContent = now;
  }
};
const link = (a, href, textContent) => Object.assign(a, { href, textContent });
/* The page's own query, with another trace. */
const query = (id) => {
  page.set("trace", id);
  return `?${page}`;
};
const rect = (element, x, width) => {
  element.setAttribute("x", `${x.toFixed(2)}%`);
  element.setAttribute("width", `${width.toFixed(2)}%`);
};
/* A row for each item, by key: those that are there stay, with their focus. */
const rows = (list, template, items, key, fill) => {
  const have = new Map([...list.children].map((row) => [row.dataset.k, row])), wanted = new Set(items.map(key));
  for (const row of [...list.children]) if (!wanted.has(row.dataset.k)) row.remove();
  items.forEach((item, i) => {
    const k = key(item, i), row = have.get(k) || card(`t-${template}`).content.firstElementChild.cloneNode(true);
    row.dataset.k = k;
    if (row !== list.children[i]) list.insertBefore(row, list.children[i] || null);
    fill(row, item, i);
  });
};

const nth = (_, i) => `${i}`;

/* Cards. */
const state = (s) => {
  card("state").className = `state ${s.level}`;
  say(card("state"), { strong: s.state, ".detail": s.detail, ".remedy": s.remedy });
  document.title = `${s.state} – The board`;
};
const backs = (s) => rows(card("backs"), "back", s.back_ends, (b) => b.name, (row, b) => {
  const since = b.answered_ms && age(s.at_ms - b.answered_ms);
  row.className = b.answer.replace(" ", "-");
  link(one(row, "a"), b.url, b.name);
  say(row, { small: b.answer === "answers" ? `answered ${since} ago` : b.answer + (since ? ` for ${since}` : "") });
});
const routes = (s) => rows(one(card("routes"), "tbody"), "route", s.routes, (r) => `${r.pool} ${r.method} ${r.route || ""}`, (row, r) => {
  const bad = share(r.errors, r.requests), most = Math.max(1, ...r.history), first = r.history.lastIndexOf(null) + 1;
  say(row, { ".method": r.method, ".route": r.route || `no route in ${r.pool}`, ".rate": r.requests_per_s.toFixed(r.requests_per_s < 99.95 ? 1 : 0),
    ".p50": figure(r.p50_ms), ".p95": figure(r.p95_ms), ".p99": figure(r.p99_ms),
    ".errors": r.requests ? `${bad.toFixed(bad > 0 && bad < 10 ? 1 : 0)} %` : DASH });
  one(row, ".errors").classList.toggle("has", r.errors > 0);
  const line = r.history.map((n, i) => `${i},${(90 - 84 * n / most).toFixed()}`).slice(first);
  one(row, "polyline").setAttribute("points", `${first},120 ${line.join(" ")} 61,120`);
  if (r.method === "GET" && r.route && !one(row, ".try a"))
    one(row, ".try").append(link(document.createElement("a"), r.route.replace(/\{.*/, "10"), "try"));
});
const squares = (list, p) => {
  const missing = Array(Math.max(0, p.workers_expected - p.workers_live)).fill({ activity: "missing" });
  const want = [...p.threads, ...missing], totals = {};
  rows(list, "square", want, nth, (square, t, i) => {
    square.className = `${t.activity}${i && t.pid !== want[i - 1].pid ? " next" : ""}`;
    square.title = t.pid ? `${t.activity} ${age(t.for_ms)}${t.route ? `, ${t.route}` : ""}, thread ${t.tid}` : "a worker is missing";
    totals[t.activity] = (totals[t.activity] || 0) + 1;
  });
  list.setAttribute("aria-label", Object.entries(totals).map(([a, n]) => `${n} ${a}`).join(", ") || "no thread has answered yet");
};
const pools = (s) => rows(one(card("pools"), ".list"), "pool", s.pools, (p) => p.name, (row, p) => {
  if (!one(row, ".tale")) row.append(one(card("t-pool").content, ".tale").cloneNode(true));
  const crash = one(row, ".crash"), last = p.last_crash;
  row.className = p.is_serving ? "" : "down";
  squares(one(row, ".threads"), p);
  say(row, { ".name": p.name, ".queue": `queue ${p.queue === null ? DASH : `${p.queue} / ${p.queue_limit}`}`,
    ".word": p.state === "serving" ? "" : p.state, ".fix": p.remedy, ".restarts": p.restarts ? `${p.restarts} replaced` : "",
    ".crashes": p.crashes ? `${p.crashes} crash${p.crashes > 1 ? "es" : ""}` : "" });
  crash.hidden = !last;
  crash.href = query(last?.trace_id);
  say(crash, { time: last && clock(last.at_ms) });
});
const whole = (r) => r.duration_ms + (r.parts_ms.queue || 0);
const mark = (a) => { a.ariaCurrent = idOf(a) === chosen ? "true" : null; };
const requests = (s) => rows(one(card("requests"), "ol"), "request", s.requests, (r) => `${r.trace_id} ${new Date(r.at_ms).toISOString().slice(11, 23)}`, (row, r) => {
  const a = one(row, "a");
  let end = whole(r);
  row.className = `${r.is_error ? "error" : ""}${r.is_slow ? " slow" : ""}`;
  a.href = query(r.trace_id);
  mark(a);
  say(row, { time: clock(r.at_ms), code: r.path, span: `${figure(whole(r))} ms`, b: r.is_crash ? "crash" : String(r.status || "none") });
  one(row, "b").className = r.is_error || !r.status ? "failed" : r.status >= 400 ? "refused" : "";
  /* Each part from the left to its end, over the later ones. */
  [3, 2, 1].forEach((part, i) => {
    end -= r.parts_ms[PARTS[part]] || 0;
    one(row, "svg").children[i].setAttribute("width", `${share(end, whole(r)).toFixed()}%`);
  });
});
const lines = (r) => {
  const queue = r.parts_ms.queue || 0, write = r.parts_ms.writing || 0;
  return [
    r.parts_ms.queue !== null && ["queued in front", 0, 0, queue],
    [r.route || r.path, 1, queue, r.duration_ms, r.words],
    ...r.spans.map((x) => [x.name, 2, queue + x.begin_ms, x.duration_ms, x.words]),
    write > 0 && ["write answer", 3, whole(r) - write, write],
  ].filter(Boolean);
};
/* The chosen one, of the last answer too: under load it has left the list when it is asked for. */
const request = (s) => {
  const body = one(card("chosen"), ".body"), r = s.request || last?.requests.find((l) => l.trace_id === chosen);
  /* What was shown stays when it leaves the list. */
  body.hidden = !r && (!chosen || one(body, "code").textContent !== chosen);
  card("none").hidden = !body.hidden || chosen;
  card("gone").hidden = !body.hidden || !chosen;
  rows(one(body, ".links"), "link", s.links, (l) => l.url, (a, l) => link(a, l.url, `open in ${l.name}`));
  if (!r) return;
  say(body, { code: r.trace_id, ".more": r.spans_total > r.spans.length ? `The first ${r.spans.length} of ${r.spans_total} spans.` : "" });
  rows(one(body, ".spans"), "span", lines(r), nth, (row, [name, part, from, ms, words]) => {
    one(row, "rect").setAttribute("class", PARTS[part]);
    rect(one(row, "rect"), share(from, whole(r)), Math.max(.4, share(ms, whole(r))));
    say(row, { ".name": name, ".ms": `${part ? figure(ms) : ms} ms`, ".words": words });
    one(row, ".name").title = name;
  });
  rows(one(body, ".logs"), "log", r.logs, nth, (row, l) => say(row, { b: l.severity, time: clock(l.at_ms), span: l.text }));
  const e = r.exception;
  one(body, ".exception").hidden = !e;
  say(body, { ".type": e?.type, ".message": e?.message, pre: e?.stack });
};
const books = (s) => {
  const of = (...names) => share(sum(names.map((n) => s.books.spans[n] + s.books.logs[n])), s.books.spans.ended + s.books.logs.ended);
  const bar = (name, x, width) => rect(one(document, `rect.${name}`), x, width), lost = of("failed", "dropped");
  bar("exported", 0, of("exported"));
  bar("waiting", of("exported"), of("in_ring", "queued", "spooled"));
  bar("lost", 100 - lost, lost);
  for (const row of all(".books tbody tr"))
    say(row, { "td": count(s.books.spans[row.className]), "td + td": count(s.books.logs[row.className]) });
};
const rest = (s) => {
  const began = s.pools.map((p) => p.started_ms).filter(Boolean), failed = s.pools.filter((p) => p.last_error).pop();
  say(document, { ".up": began.length ? `up ${age(s.at_ms - Math.min(...began))}` : "", ".d-size": bytes(s.database.bytes),
    ".d-wal": bytes(s.database.wal_bytes), ".d-posts": count(s.database.posts), ".d-rows": count(s.database.log_rows),
    ".l-error": failed ? `${failed.name}: ${failed.last_error}` : "none",
    ".l-cost": `${sum(s.pools.map((p) => p.launcher_cost_percent)).toFixed(1)} % of a core` });
};

const stale = (text) => say(document, { ".stale": text });
const copy = card("copy");
const ask = async () => {
  const mine = ++turn;
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const answer = await fetch(`/status.json${query(chosen)}&details=all`, { signal: AbortSignal.timeout(LIMIT_MS), cache: "no-store" });
    if (!answer.ok) throw answer;
    const s = await answer.json();
    if (mine !== turn) return;
    answeredAt = Date.now();
    stale("");
    for (const fill of s.pools ? [state, backs, routes, pools, requests, request, books, rest] : [state]) fill(s);
    last = s.pools && s;
  } catch {
    if (mine === turn) stale(`Stale since ${clock(answeredAt).slice(0, 8)}: the page's own pool does not answer.`);
  }
  if (mine === turn) timer = setTimeout(ask, PERIOD_MS);
};

const idOf = (a) => new URLSearchParams(a.search).get("trace") || "";
const choose = (id, isBack) => {
  chosen = id;
  if (!isBack) history.pushState(null, "", query(id));
  entries().forEach(mark);
  if (last) request({ links: [] });
  copy.textContent = "copy";
  ask();
};
const isModified = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
addEventListener("click", (event) => {
  const a = event.target.closest(".requests ol a, a.crash");
  if (!a || isModified(event)) return;
  event.preventDefault();
  choose(idOf(a));
});
addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key], where = event.target;
  if (!step || isModified(event) || where.closest("pre, input") ||
      (event.key.length > 1 && where !== document.body && !where.closest(".requests"))) return;
  const shown = entries().filter((a) => a.offsetParent), now = shown.findIndex((a) => a.ariaCurrent);
  const next = shown[now + step] || shown[Math.max(now, 0)];
  event.preventDefault();
  if (!next) return;
  next.focus();
  choose(idOf(next));
});
addEventListener("popstate", () => choose(idOf(location), true));
document.addEventListener("visibilitychange", ask);
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.onclick = () => navigator.clipboard.writeText(one(document, ".trace code").textContent).then(() => { copy.textContent = "copied"; });
}
/* What the server wrote: its rows by their keys, its times where the reader is. */
for (const a of entries()) a.parentElement.dataset.k = `${idOf(a)} ${one(a, "time").textContent}`;
for (const t of all("time")) t.textContent = t.textContent && clock(Date.parse(`${new Date().toISOString().slice(0, 11)}${t.textContent}Z`));
ask();
