/**
 * What is personal is raw in no table, stream, log or export when redaction is on: a mark in every field of every route
 * that takes what users and applications say.
 *
 *   sh dev/node.sh --test functions/ingest/tests/redaction.test.mjs
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { buildFunctions } from "../../../dev/functions.mjs";
import { startStack } from "../../../dev/stack.mjs";
import { startWorkerd } from "../../../dev/workerd.mjs";

const FUNCTIONS = ["gateway", "keys", "prompts", "resolve-prompt", "experiments", "chat", "feedback", "ingest", "analytics", "export"];
/** In every mark, and in nothing else. */
const DOMAIN = "leaked.example";
/** One of each other kind, as raw as they are nowhere else. */
const SECRETS = [
  "4111 1111 1111 1111", "5500000000000004", "4111-1111-1111-1111", "DE89 3704 0044 0532 0130 00", "+49 30 901820", "123-45-6789", "203.0.113.77",
  "sk-proj-abc123def456ghi789jkl012", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
];
const RAW = [DOMAIN, ...SECRETS];
/** How many events `useEveryRoute` makes: five inferences of ours and one that it tells of, and two ratings. */
const EVENTS = 8;
/** What an answer is resumed from holds it as it was given, for five minutes: what a user is told is never altered. */
const RESUMED = /^answer/;

let dir, stack, database, marks = 0;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-redaction-"));
  await buildFunctions({ names: FUNCTIONS, quiet: true });
  stack = await startStack({ dir, only: FUNCTIONS });
  database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
});

after(async () => {
  await database?.end();
  await stack?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** An address that no other field has. */
const mark = () => `mark-${(marks += 1)}@${DOMAIN}`;
const said = () => `Write to ${mark()}, please.`;

/** More than is kept of a text, one secret of each kind on each line. */
function long() {
  const lines = [said(), ...SECRETS].map((secret) => `${secret}\nand\n`).join("");
  return lines.repeat(Math.ceil(20_000 / lines.length));
}

async function call(method, path, body, headers = {}) {
  const response = await fetch(stack.url + path, {
    method,
    headers: { authorization: `Bearer ${stack.adminKey}`, "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

async function succeed(method, path, body, headers) {
  const { status, text } = await call(method, path, body, headers);
  assert.ok(status < 300, `${method} ${path}: ${status} ${text}`);
  return text === "" || !text.startsWith("{") ? text : JSON.parse(text);
}

async function redis(...command) {
  const headers = { authorization: `Bearer ${stack.restToken}` };
  const response = await fetch(stack.restUrl, { method: "POST", headers, body: JSON.stringify(command) });
  return (await response.json()).result;
}

/** Everything that Redis holds, by key. */
async function held() {
  const found = {};
  const readers = { string: ["GET"], stream: ["XRANGE", "-", "+"], hash: ["HGETALL"], set: ["SMEMBERS"], zset: ["ZRANGE", "0", "-1"], list: ["LRANGE", "0", "-1"] };
  for (const key of await redis("KEYS", "*")) {
    const [read, ...more] = readers[await redis("TYPE", key)] ?? [];
    if (read) found[key] = `${key} ${JSON.stringify(await redis(read, key, ...more))}`;
  }
  return found;
}

/** The rows that hold a mark, by table. */
async function leaks() {
  const { rows: tables } = await database.query("select c.oid::regclass::text as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace");
  const found = [];
  for (const { name } of tables) {
    const patterns = RAW.map((text) => `%${text}%`);
    const { rows } = await database.query(`select t::text as row from ${name} t where t::text like any($1) limit 3`, [patterns]);
    found.push(...rows.map(({ row }) => `${name}: ${row}`));
  }
  return found;
}

const settings = (redaction) => succeed("PUT", "/api/team/settings", { redaction });

async function useEveryRoute() {
  const user_id = mark();
  const answers = [];
  for (const stream of [false, true]) {
    const body = { message: said(), user_id, prompt: "marked", variables: { name: said() }, stream };
    const answer = await succeed("POST", "/api/chat", body);
    answers.push(answer);
  }
  const { conversation_id, message_id, text } = answers[0];
  await succeed("POST", "/api/chat", { message: said(), conversation_id, user_id: mark(), stream: false });
  const named = { "idempotency-key": `${SECRETS[0]} ${SECRETS[7]}` };
  await succeed("POST", "/api/chat", { message: long(), user_id: mark(), stream: false }, named);
  await succeed("PATCH", `/api/conversations/${conversation_id}`, { title: said() });
  await call("GET", `/api/conversations?user_id=${encodeURIComponent(user_id)}&search=${encodeURIComponent(mark())}`);
  await succeed("POST", "/v1/chat/completions", {
    model: "prompt:marked", messages: [{ role: "system", content: said() }, { role: "user", content: said() }], user: mark(),
    metadata: { who: mark() }, tools: [{ type: "function", function: { name: "write", description: said(), parameters: { type: "object", properties: {} } } }],
  });
  await succeed("POST", "/api/resolve/marked", { user_id: mark(), variables: { name: said() } });
  await succeed("GET", `/api/resolve/marked?user_id=${encodeURIComponent(mark())}&variables=${encodeURIComponent(JSON.stringify({ name: said() }))}`);
  await succeed("POST", "/api/resolve", { requests: [{ prompt: "marked", user_id: mark(), variables: { name: said() } }] });
  await succeed("POST", "/api/feedback", { message_id, rating: 1, comment: said(), user_id: mark() });
  await succeed("POST", "/api/feedback", { request_id: "request-of-somebody", rating: 5, scale: "stars", comment: said(), user_id: mark(), variant: "a" });
  const { rejected } = await succeed("POST", "/api/ingest", {
    events: [
      {
        id: mark(), type: "inference", model: mark(), status: "error", error_code: mark(), error: said(), variant: mark(), user_id: mark(),
        messages: [{ role: "user", content: said() }], output: { role: "assistant", content: long() },
        tools: [{ arguments: JSON.stringify({ note: `First line\n${SECRETS.join("\n")}\n${mark()}` }), [mark()]: 1 }],
        request_id: mark(), trace_id: mark(), span_id: mark(), parent_span_id: mark(), metadata: { [mark()]: { deep: [said()] } },
      },
      // What is refused is logged nowhere either.
      { id: mark(), type: mark(), model: mark(), [mark()]: mark() },
    ],
  });
  assert.equal(rejected.length, 1);
  // Requests that fail have their log lines too.
  await call("POST", `/api/resolve/${encodeURIComponent(mark())}`, { variables: mark() });
  await call("POST", "/api/chat", { message: said(), model: mark(), stream: false });
  await call("GET", `/api/conversations/${encodeURIComponent(mark())}`);
  await call("GET", `/api/analytics/overview?time_zone=${encodeURIComponent(mark())}`, undefined, { "x-request-id": mark() });
  return { text, conversation_id };
}

/** Waits for what functions append after their responses. */
async function recorded() {
  for (let tries = 0; tries < 200; tries += 1) {
    const streams = await redis("KEYS", "events:*");
    const lengths = await Promise.all(streams.map((name) => redis("XLEN", name)));
    if (lengths.reduce((sum, length) => sum + length, 0) >= EVENTS) return;
    await sleep(50);
  }
  assert.fail("the events do not come");
}

/** The first thing in a text that should not be there. */
function leak(text) {
  const raw = RAW.find((one) => text.includes(one));
  const at = text.indexOf(raw);
  return raw && `…${text.slice(Math.max(0, at - 200), at + 60)}…`;
}

async function everythingThatStays() {
  await recorded();
  const streams = await held();
  await succeed("POST", "/api/ingest/drain", {});
  const files = [];
  for (const name of ["conversations", "messages"]) files.push(await succeed("GET", `/api/export/${name}.csv`));
  const texts = { ...streams, ...(await held()), files: files.join("\n"), log: stack.workerd.output() };
  const raw = Object.entries(texts).filter(([key, text]) => !RESUMED.test(key) && leak(text));
  return { files, found: [...raw.map(([key, text]) => `${key}: ${leak(text)}`), ...(await leaks())] };
}

test("a mark in every field is raw nowhere when redaction is on", { timeout: 120_000 }, async () => {
  await succeed("POST", "/api/prompts", { name: "marked" });
  const version = { type: "text", template_text: "Hello {{name}}", model_id: "offline" };
  const { version_id } = await succeed("POST", "/api/prompts/marked/versions", version);
  await succeed("POST", "/api/prompts/marked/promote", { version_id, environment: "production" });
  await settings({ mode: "mask", fields: { conversations: "mask" } });
  const { conversation_id } = await useEveryRoute();
  const { found, files } = await everythingThatStays();
  assert.deepEqual(found, []);
  // It was there, and is a placeholder now.
  assert.match(files[1], /Write to \[email\], please\./);
  const { rows } = await database.query("select count(*)::int as count from inferences where input::text like '%[email]%'");
  assert.ok(rows[0].count >= 4, `${rows[0].count} inferences`);
  const shown = await succeed("GET", `/api/conversations/${conversation_id}`);
  assert.match(JSON.stringify(shown), /\[email\]/);
});

/** Settings are remembered for a while: a new process has not heard of the old ones. */
const afresh = (label, only) => startWorkerd({ dir, vars: stack.vars, label, only });

test("the test would find a mark", async () => {
  await settings({ mode: "mask" });
  const other = await afresh("other", ["gateway", "chat"]);
  const headers = { authorization: `Bearer ${stack.adminKey}`, "content-type": "application/json" };
  const body = JSON.stringify({ message: said(), stream: false, model: "offline" });
  const response = await fetch(`${other.url}/api/chat`, { method: "POST", headers, body });
  assert.equal(response.status, 200);
  await response.arrayBuffer();
  await other.stop();
  // Conversations are kept as they were said unless a team says otherwise.
  const found = await leaks();
  assert.ok(found.some((row) => row.startsWith("messages")), found.join("\n"));
  assert.ok(found.every((row) => /^(messages|conversations)/.test(row)), found.join("\n"));
});

test("what users say may be dropped, and what models answer kept as it is", async () => {
  await settings({ mode: "mask", fields: { input: "drop", output: "off" } });
  const other = await afresh("by field", ["gateway", "chat", "ingest", "export"]);
  const headers = { authorization: `Bearer ${stack.adminKey}`, "content-type": "application/json" };
  const ask = async (method, path, body) => {
    const response = await fetch(other.url + path, { method, headers, body: body && JSON.stringify(body) });
    // With the byte order mark, which `text` leaves out.
    const text = Buffer.from(await response.arrayBuffer()).toString();
    assert.ok(response.ok, `${path}: ${text}`);
    return text;
  };
  const [asked, answered] = [said(), said()];
  const id = `by-field-${marks}`;
  const from = new Date().toISOString();
  await ask("POST", "/api/ingest", { events: [{ id, type: "inference", messages: asked, output: answered }] });
  const { text, conversation_id } = JSON.parse(await ask("POST", "/api/chat", { message: asked, stream: false, model: "offline" }));
  await ask("POST", "/api/ingest/drain", {});
  const { rows } = await database.query("select input, output from inferences where id = $1", [id]);
  assert.deepEqual(rows, [{ input: null, output: answered }]);
  const file = await ask("GET", `/api/export/messages.csv?bom=true&from=${from}`);
  const titles = await ask("GET", `/api/export/conversations.csv?from=${from}`);
  await other.stop();
  assert.ok(file.startsWith("\ufeffid,conversation_id,") && titles.startsWith("id,title,"), file.slice(0, 40));
  const lines = file.split("\r\n").filter((line) => line.includes(conversation_id));
  assert.match(lines[0], /,user,,complete,/);
  assert.ok(lines[1].includes(text.slice(0, 40)) && !lines[0].includes("Write to"), lines.join("\n"));
  // A title is the beginning of what a user has said.
  assert.ok(titles.includes(`${conversation_id},,`), titles);
});
