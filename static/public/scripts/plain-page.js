import { element } from "./dom.js";
import { Problem, problemRow, send } from "./problem.js";
import { parseEvents, textOf } from "./sse.js";

const find = (id) => document.getElementById(id);

// Status.

const STATUS_EVERY_MS = 5000;

async function showStatus() {
  if (document.hidden) return;
  const [health, ready] = await Promise.all([ask("/health"), ask("/ready")]);
  show("health", health?.status === "ok", health ? `up, version ${health.version}` : "down");
  for (const name of ["postgres", "redis"]) {
    const dependency = ready?.dependencies?.[name];
    show(name, dependency?.status === "up", dependency ? `${dependency.status}, ${dependency.latency_ms} ms` : "unknown");
  }
}

/** The JSON of an answer, whatever its status; null when there is none. */
async function ask(path) {
  try {
    return await (await fetch(path, { cache: "no-store" })).json();
  } catch {
    return null;
  }
}

/** Says it in words, with a sign, in a colour; untouched when nothing changed, so that it is not read out again. */
function show(id, isGood, words) {
  const text = `${isGood ? "✓" : "✗"} ${words}`;
  const place = find(id);
  if (place.textContent === text) return;
  place.replaceChildren(element("span", { class: isGood ? "good" : "bad" }, text));
}

// The key.

const key = find("key");

function headers() {
  const all = { "content-type": "application/json" };
  if (key.value.trim()) all.authorization = `Bearer ${key.value.trim()}`;
  return all;
}

async function showOwner() {
  const owner = find("key-owner");
  const asked = key.value.trim();
  if (!asked) return owner.replaceChildren();
  try {
    const { key: known, team, role } = await (await send("/api/me", { headers: headers() })).json();
    if (key.value.trim() !== asked) return;
    owner.replaceChildren(element("span", { class: "good" }, "✓ "), `${known.name}: ${role} of team ${team.name}`);
  } catch (problem) {
    if (key.value.trim() === asked) owner.replaceChildren(element("span", { class: "bad" }, `✗ ${problem.message}`));
  }
}

let typing;
key.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(showOwner, 300);
});
find("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  showOwner();
});
find("show-key").addEventListener("click", ({ currentTarget: button }) => {
  const isShown = key.type === "password";
  key.type = isShown ? "text" : "password";
  button.textContent = isShown ? "Hide" : "Show";
  button.setAttribute("aria-pressed", String(isShown));
});

// Input.

/** The JSON object in a field. @throws {Problem} */
function readObject(field) {
  try {
    const value = JSON.parse(field.value.trim() || "{}");
    if (value && typeof value === "object" && !Array.isArray(value)) return mark(field, false) ?? value;
  } catch {
    // Said below.
  }
  mark(field, true);
  field.focus();
  throw new Problem({ code: "invalid_variables", detail: 'The variables are not a JSON object, such as {"name": "Ada"}.' });
}

/** The text in a field that must have one. @throws {Problem} */
function readText(field, what) {
  const text = field.value.trim();
  mark(field, !text);
  if (text) return text;
  field.focus();
  throw new Problem({ code: "required", detail: `Say ${what}.` });
}

function mark(field, isWrong) {
  if (isWrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

for (const field of document.querySelectorAll("textarea")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    field.form.requestSubmit();
  });
}

// Resolve.

find("resolve").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { prompt, environment, variables } = event.target.elements;
  const result = find("resolve-result");
  try {
    const name = readText(prompt, "which prompt: its name or id");
    const body = JSON.stringify({ environment: environment.value, variables: readObject(variables) });
    const began = performance.now();
    const response = await send(`/api/resolve/${encodeURIComponent(name)}`, { method: "POST", headers: headers(), body });
    const took = performance.now() - began;
    result.replaceChildren(...resolved(response, await response.json(), took));
  } catch (problem) {
    result.replaceChildren(problemRow(problem));
  }
});

function resolved(response, answer, took) {
  const age = response.headers.get("x-promptlab-age-ms");
  const isStale = response.headers.get("x-promptlab-stale") === "true";
  const missing = answer.missing_variables;
  const facts = element(
    "p",
    { class: "facts" },
    element("strong", { class: "good" }, `${response.status} ${response.statusText}`.trim()),
    element("span", null, `${took.toFixed(0)} ms`),
    age && element("span", null, `age ${age} ms`),
    isStale && element("strong", { class: "warn" }, "stale: the stores are down"),
    element("span", null, `version ${answer.version_number}`),
    element("span", null, answer.assignment),
    missing.length > 0 && element("strong", { class: "warn" }, `no value for ${missing.join(", ")}`),
  );
  const texts = answer.messages?.map(({ role, content }) => `${role}: ${content}`) ?? [answer.resolved_text];
  return [
    facts,
    ...texts.map((text) => element("div", { class: "quote" }, text)),
    element("details", null, element("summary", null, "The whole answer"), element("pre", { tabIndex: 0 }, JSON.stringify(answer, null, 2))),
  ];
}

// Chat.

const conversation = find("conversation");
let conversationId = null;
/** @type {AbortController | null} */
let running = null;

find("chat").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  conversation.querySelector(".refused")?.remove();
  const { prompt, model, variables, message } = event.target.elements;
  const answer = new Answer();
  const body = {};
  try {
    body.message = readText(message, "something");
    body.variables = readObject(variables);
  } catch (problem) {
    answer.row.classList.add("refused");
    answer.fail(problem);
    add(answer.row);
    return;
  }
  if (prompt.value.trim()) body.prompt = prompt.value.trim();
  if (model.value.trim()) body.model = model.value.trim();
  if (conversationId) body.conversation_id = conversationId;
  follows = true;
  add(element("div", { class: "said" }, body.message), answer.row);
  message.value = "";
  try {
    await stream(body, answer);
  } catch (problem) {
    answer.fail(problem);
    if (!message.value) message.value = body.message;
  }
  scrollDown();
});

/** Sends a message and shows its answer as it arrives. */
async function stream(body, answer) {
  setRunning(new AbortController());
  try {
    const options = { method: "POST", headers: headers(), body: JSON.stringify(body), signal: running.signal };
    const response = await send("/api/chat", options);
    for await (const { event, data } of parseEvents(textOf(response))) {
      answer.take(event, JSON.parse(data));
      scrollDown();
    }
    answer.end();
  } catch (error) {
    if (error.name !== "AbortError") throw error instanceof Problem ? error : answer.brokenOff();
    answer.stop();
  } finally {
    setRunning(null);
  }
}

function setRunning(controller) {
  running = controller;
  const isRunning = controller !== null;
  const hadFocus = [find("send"), find("stop")].includes(document.activeElement);
  find("send").disabled = isRunning;
  find("stop").disabled = !isRunning;
  find("restart").disabled = isRunning || conversation.childElementCount === 0;
  // A disabled button cannot keep the focus.
  if (hadFocus) find(isRunning ? "stop" : "send").focus();
}

function add(...rows) {
  conversation.append(...rows);
  find("restart").disabled = running !== null;
  scrollDown();
}

/** Follows the answer, unless somebody has scrolled up to read. */
let follows = true;
conversation.addEventListener("scroll", () => {
  follows = conversation.scrollHeight - conversation.clientHeight - conversation.scrollTop < 8;
});

function scrollDown() {
  if (follows) conversation.scrollTop = conversation.scrollHeight;
}

find("stop").addEventListener("click", () => running?.abort());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
find("restart").addEventListener("click", () => {
  conversationId = null;
  conversation.replaceChildren();
  find("restart").disabled = true;
  find("chat-message").focus();
});

/** One answer on the page, from its first event to its last. */
class Answer {
  text = element("div", { class: "text" });
  facts = element("p", { class: "facts" });
  row = element("div", { class: "answer", "aria-busy": "true" }, this.text, this.facts);
  meta = null;
  isOver = false;

  take(event, data) {
    if (event === "meta") {
      this.meta = data;
      conversationId = data.conversation_id;
      this.note(data.model, `about ${data.estimated_tokens_in} tokens in`);
      if (data.missing_variables?.length > 0) this.note(`no value for ${data.missing_variables.join(", ")}`);
    } else if (event === "delta") {
      this.text.append(data.text);
    } else if (event === "usage") {
      const first = data.ttft_ms === null ? [] : [`first after ${data.ttft_ms} ms`];
      const cost = data.cost_usd === null ? "cost unknown" : `$${data.cost_usd}`;
      this.facts.replaceChildren();
      this.note(this.meta?.model, `${data.tokens_in} tokens in, ${data.tokens_out} out`, ...first, `${data.latency_ms} ms`, cost);
    } else if (event === "done") {
      this.isOver = true;
      if (data.finish_reason !== "stop") this.note(`ended: ${data.finish_reason}`);
    } else if (event === "error") {
      throw new Problem({ ...data, request_id: this.meta?.request_id });
    }
  }

  note(...words) {
    this.facts.append(...words.map((word) => element("span", null, word)));
  }

  /** The stream is at its end. */
  end() {
    if (!this.isOver) throw this.brokenOff();
    this.row.removeAttribute("aria-busy");
  }

  brokenOff() {
    return new Problem({ code: "broken_off", detail: "The connection broke off before the answer was complete.", request_id: this.meta?.request_id });
  }

  stop() {
    this.row.removeAttribute("aria-busy");
    this.facts.append(element("strong", { class: "warn" }, "stopped: what came so far is kept"));
  }

  fail(problem) {
    this.row.removeAttribute("aria-busy");
    this.row.append(problemRow(problem));
  }
}

showStatus();
setInterval(showStatus, STATUS_EVERY_MS);
document.addEventListener("visibilitychange", showStatus);
