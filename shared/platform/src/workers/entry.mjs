// The module that the runtime loads: gathers what a request has to say, so that it crosses into wasm once.

import { headPlace, memoryBytes, takeResponse, useSurroundings } from "./exchange.mjs";
import * as wasm from "./index.js";

// The same list as `platform::serve::REQUEST_HEADERS`; a test compares them.
const REQUEST_HEADERS = new Set([
  "accept",
  "access-control-request-headers",
  "authorization",
  "content-type",
  "idempotency-key",
  "if-none-match",
  "last-event-id",
  "origin",
  "traceparent",
  "x-api-key",
  "x-request-id",
]);
// The same name as `platform::serve::FILES`.
const FILES = "ASSETS";
const BODY_LIMIT_BYTES = 1_000_000;
// A sender hears that its body is too large only once it has sent it: an answer before that is lost with the
// connection. Beyond this much, it is.
const DRAINED_BYTES = 32_000_000;
const [COMPLETE, TOO_LARGE, INTERRUPTED, FAILED] = [0, 1, 2, 3];

// A panic traps, and what the instance held in memory cannot be trusted any more: the next request starts with
// a fresh instance.
let trapped = false;

const forwards = wasm.forwards();
const answersAtOnce = wasm.answersAtOnce();
/** How long the head of a request may be that is answered at once. */
const HEAD_BYTES = wasm.headBytes();

function wake() {
  if (!trapped) return;
  trapped = false;
  wasm.__wbg_reset_state();
  // The new instance says where its memory is.
  wasm.answersAtOnce();
}

function guarded(call, request, env, context) {
  wake();
  try {
    return call();
  } catch (error) {
    giveUp();
    return failed(error, request, env, context);
  }
}

function note(error) {
  if (error instanceof WebAssembly.RuntimeError) trapped = true;
  console.error(JSON.stringify({ level: "error", message: "function failed", error: String(error?.stack ?? error) }));
}

/** The function itself says that it failed, with all that its other answers have; unless that is what fails. */
async function failed(error, request, env, context) {
  note(error);
  try {
    wake();
    return await wasm.handle(headOf(request), undefined, FAILED, settingsOf(env), context);
  } catch (another) {
    note(another);
    return new Response(null, { status: 500 });
  }
}

/** The promise's response, or the refusal of a request that failed. */
function settled(response, request, env, context) {
  return response instanceof Promise ? response.catch((error) => failed(error, request, env, context)) : response;
}

/** Those who wait for wasm: a trap in a promise's turn settles no promise. @type {Set<(error: Error) => void>} */
const waiting = new Set();

/** What leaves a call of wasm, whatever it is, has ended the instance, and with it what others wait for. */
function giveUp() {
  trapped = true;
  // Another error, or each of them would have the instance reset once more.
  for (const reject of waiting) reject(new Error("the instance failed"));
}

addEventListener("error", ({ error }) => {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  note(error);
  giveUp();
});

// Each time that something in wasm is woken, it is queued so. The runtime's own function goes out of the engine and back,
// and makes objects for it: a twentieth of what streaming an answer took.
globalThis.queueMicrotask = (task) => {
  Promise.resolve().then(() => {
    try {
      task();
    } catch (error) {
      note(error);
      giveUp();
    }
  });
};

function untilTrap(response) {
  if (!(response instanceof Promise)) return response;
  let rejectIt;
  const trap = new Promise((_, reject) => (rejectIt = reject));
  waiting.add(rejectIt);
  return Promise.race([response, trap]).finally(() => waiting.delete(rejectIt));
}

function targetOf(url) {
  const path = url.indexOf("/", 8);
  return path < 0 ? "/" : url.slice(path);
}

function headOf(request) {
  let head = request.method + "\n" + targetOf(request.url);
  for (const [name, value] of request.headers) {
    if (REQUEST_HEADERS.has(name)) head += "\n" + name + ":" + value;
  }
  return head;
}

// The same headers as `platform::serve::IMMEDIATE_HEADERS`. Asking for a few costs less than walking all: a walk makes
// objects that the runtime has to collect. A second key is of no use, nor is the media type of no body, nor an origin
// where no other origin may call.
//
// The head is written byte by byte where wasm reads it: put together as a string first, each look at one of its
// characters would go through the parts that the engine remembers it as.
/** @returns {number} How long it is; below 0 if it is too long or not ASCII, and takes the long way. */
function writeImmediateHead(request, settings) {
  const { method, url, headers } = request;
  const path = url.indexOf("/", 8);
  let end = write(write(0, method), "\n");
  end = path < 0 ? write(end, "/") : write(end, url, path);
  const withoutKey = end;
  end = writeHeader(end, headers, "authorization");
  if (end === withoutKey) end = writeHeader(end, headers, "x-api-key");
  if (method !== "GET") end = writeHeader(end, headers, "content-type");
  end = writeHeader(end, headers, "if-none-match");
  if (settings.CORS_ALLOWED_ORIGINS !== undefined) end = writeHeader(end, headers, "origin");
  return writeHeader(end, headers, "x-request-id");
}

/** @returns {number} Where it ends: where it would begin, if there is no such header; below 0 if it cannot be written. */
function writeHeader(at, headers, name) {
  const value = headers.get(name);
  return value === null ? at : write(write(write(write(at, "\n"), name), ":"), value);
}

/** Writes a text, or what follows an index of it, at a place of the head. @returns {number} Where it ends; below 0 if it cannot be written. */
function write(at, text, from = 0) {
  if (at < 0 || at + text.length - from > HEAD_BYTES) return -1;
  const bytes = memoryBytes();
  let end = headPlace + at;
  for (let index = from; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character > 127) return -1;
    bytes[end++] = character;
  }
  return end - headPlace;
}

// Where spans are exported, a request of a sampled trace takes the long way, which makes one.
function isExported(request, env) {
  return env.OTEL_EXPORTER_OTLP_ENDPOINT && /[13579bdf]$/.test(request.headers.get("traceparent") ?? "");
}

function answerAtOnce(request, body, settings, context) {
  const length = writeImmediateHead(request, settings);
  if (length < 0) return undefined;
  useSurroundings(settings, context);
  const isAnswered = wasm.answerAtOnce(length, body);
  useSurroundings(undefined, undefined);
  return isAnswered ? takeResponse() : undefined;
}

function answer(request, body, state, env, context) {
  const settings = settingsOf(env);
  if (answersAtOnce && state === COMPLETE && !isExported(request, env)) {
    const response = guarded(() => answerAtOnce(request, body, settings, context), request, env, context);
    if (response !== undefined) return response;
  }
  return untilTrap(guarded(() => wasm.handle(headOf(request), body, state, settings, context), request, env, context));
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.length;
      if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
      if (size > DRAINED_BYTES) break;
    }
  } catch {
    return [undefined, INTERRUPTED];
  }
  if (size > BODY_LIMIT_BYTES) return [undefined, TOO_LARGE];
  if (chunks.length === 1) return [chunks[0], COMPLETE];
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return [whole, COMPLETE];
}

function settingsOf(env) {
  // A Hyperdrive binding is an object; the functions know one setting for the database.
  return env.HYPERDRIVE ? { ...env, DATABASE_URL: env.HYPERDRIVE.connectionString } : env;
}

async function handleWithBody(request, env, context) {
  const [body, state] = await readBody(request);
  return answer(request, body, state, env, context);
}

function forward(request, env, context) {
  const target = targetOf(request.url);
  const query = target.indexOf("?");
  const service = wasm.forward(request.method, query < 0 ? target : target.slice(0, query));
  if (service === FILES) return env[FILES] && answerWithFile(request, env, context);
  return service === undefined ? undefined : env[service].fetch(request);
}

/** A file; where there is none, the page that finds its content by its own address, if that may be meant. */
async function answerWithFile(request, env, context) {
  let file = await env[FILES].fetch(request);
  if (file.status === 404) {
    if (!mayWantPage(request)) return answerOurselves(request, env, context);
    file = await env[FILES].fetch(new URL("/", request.url), { method: request.method });
  }
  const response = new Response(file.body, file);
  response.headers.set("x-request-id", wasm.fileRequestId(request.headers.get("x-request-id") ?? undefined));
  return response;
}

// As in `wasi/assets.rs`: a browser asks for a script, which is no page if it is missing, with `*/*`.
function mayWantPage(request) {
  const accept = request.headers.get("accept") ?? "*/*";
  return accept.includes("text/html") || (accept.includes("*/*") && !/\.\w+$/.test(new URL(request.url).pathname));
}

function answerOurselves(request, env, context) {
  if (request.body) return handleWithBody(request, env, context);
  return answer(request, undefined, COMPLETE, env, context);
}

// Before the first request: see `platform::serve::WarmUp`.
try {
  wasm.warmUp();
} catch (error) {
  // The first request starts with a fresh instance.
  note(error);
  giveUp();
}

export default {
  fetch(request, env, context) {
    if (forwards) {
      const response = guarded(() => forward(request, env, context), request, env, context);
      if (response !== undefined) return settled(response, request, env, context);
    }
    return settled(answerOurselves(request, env, context), request, env, context);
  },
  async scheduled(_event, env, context) {
    wake();
    try {
      await wasm.scheduled(settingsOf(env), context);
    } catch (error) {
      note(error);
      throw error;
    }
  },
};
