/**
 * The drain on workerd: killed at any point it loses nothing and counts nothing twice; what can never be stored is set
 * aside; without Redis events go to the database.
 *
 *   sh dev/node.sh --test functions/ingest/tests/drain.test.mjs
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { buildFunctions } from "../../../dev/functions.mjs";
import { killGroup } from "../../../dev/processes.mjs";
import { startStack } from "../../../dev/stack.mjs";
import { startWorkerd } from "../../../dev/workerd.mjs";

const SHARDS = 4;
const KILLS = Number(process.env.KILLS ?? 50);

let dir, stack, database, teamId;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-drain-"));
  await buildFunctions({ names: ["gateway", "ingest"], quiet: true });
  stack = await startStack({ dir, faults: true, only: ["gateway", "ingest"] });
  database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  teamId = (await database.query("select id from teams")).rows[0].id;
});

after(async () => {
  await database?.end();
  await stack?.stop();
  rmSync(dir, { recursive: true, force: true });
});

afterEach(() => faults({ mode: "none" }));

const authorized = () => ({ authorization: `Bearer ${stack.adminKey}`, "content-type": "application/json" });

async function post(path, body, url = stack.url) {
  const response = await fetch(url + path, { method: "POST", headers: authorized(), body: JSON.stringify(body ?? {}) });
  return { status: response.status, body: await response.json() };
}

async function redis(...command) {
  const response = await fetch(stack.restUrl, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.restToken}` },
    body: JSON.stringify(command),
  });
  return (await response.json()).result;
}

const faults = (mode) => fetch(`${stack.restUrl}/__faults`, { method: "POST", body: JSON.stringify(mode) });

/** The stream of a team, as `shared/events/src/stream.rs` has it. */
function streamOf(team) {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(team)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `events:${hash % SHARDS}`;
}

const append = (event, team = teamId) =>
  redis("XADD", streamOf(team), "*", "team_id", team, "event", typeof event === "string" ? event : JSON.stringify(event));

const inference = (id, more = {}) => ({
  type: "inference", id, team_id: teamId, at_ms: Date.now(), source: "chat", model: "offline", status: "ok",
  tokens_in: 10, tokens_out: 5, latency_ms: 100, ...more,
});

/** Makes a minute pass for what was read and not acknowledged. */
async function age() {
  let aged = 0;
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const pending = (await redis("XPENDING", `events:${shard}`, "drain", "-", "+", "10000")) ?? [];
    const ids = pending.map(([id]) => id);
    if (ids.length > 0) await redis("XCLAIM", `events:${shard}`, "drain", "drain", "0", ...ids, "IDLE", "61000", "JUSTID");
    aged += ids.length;
  }
  return aged;
}

async function waiting() {
  let sum = 0;
  for (let shard = 0; shard < SHARDS; shard += 1) sum += await redis("XLEN", `events:${shard}`);
  return sum;
}

const one = async (sql, parameters = []) => (await database.query(sql, parameters)).rows[0];

test(`a drain that is killed ${KILLS} times loses nothing and counts nothing twice`, { timeout: 300_000 }, async () => {
  const variants = ["a", "b"];
  let sent = 0;
  let exposed = 0;
  /** Inferences of ten users through the route, with ids that come twice, and their exposures as other functions append them. */
  const produce = async () => {
    const user = () => exposed + 1 + (sent % 10);
    const batch = Array.from({ length: 100 }, () => ({
      id: `run-${(sent += 1)}`, type: "inference", model: "offline", tokens_in: 10, latency_ms: 100, user_id: `user-${user()}`,
      experiment_id: "exp_01h455vb4pex5vsknk084sn02q", variant: variants[user() % 2],
    }));
    const { status, body } = await post("/api/ingest", { events: [...batch, batch[3]] });
    assert.equal(status, 202);
    assert.deepEqual(body, { accepted: 100, duplicates: 1, rejected: [] });
    for (let count = 0; count < 10; count += 1) {
      exposed += 1;
      await append({
        type: "exposure", id: `exposure-${exposed}`, team_id: teamId, at_ms: Date.now(), experiment_id: "exp_01h455vb4pex5vsknk084sn02q",
        variant: variants[exposed % 2], period: 1, unit: `user-${exposed}`, prompt_id: "prm_1", environment: "production", request_id: "r",
      });
    }
  };
  let aged = 0;
  let interrupted = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await produce();
    const server = await startWorkerd({ dir, vars: stack.vars, label: `drain-${kill % 2}`, only: ["ingest"] });
    const drained = post("/api/ingest/drain", {}, server.url).then(() => 0, () => 1);
    await sleep(Math.random() * 250);
    killGroup(server.pid, "SIGKILL");
    interrupted += await drained;
    await server.exited;
    aged += await age();
  }
  let result;
  do {
    await age();
    result = (await post("/api/ingest/drain")).body;
  } while (!result.is_empty || (await waiting()) > 0);
  console.log(`# killed ${KILLS} times: ${interrupted} drains were interrupted, ${aged} entries were left and claimed`);
  assert.ok(interrupted > KILLS / 4 && aged > 0, "kills come in the middle of drains");

  const rows = await one("select count(*)::int as count, count(distinct id)::int as ids from inferences");
  assert.deepEqual(rows, { count: sent, ids: sent });
  for (const resolution of [60, 900, 3600, 86400]) {
    const rolled = await one(
      "select sum(requests)::int as requests, sum(tokens_in)::int as tokens from rollups join rollup_series on series_id = id where resolution = $1 and rollups.is_total",
      [resolution],
    );
    assert.deepEqual(rolled, { requests: sent, tokens: 10 * sent });
  }
  const totals = await one("select sum(exposures)::int as exposures, sum(in_two_arms)::int as mixed from experiment_totals");
  assert.deepEqual(totals, { exposures: exposed, mixed: 0 });
  const values = await one("select sum(error_rate_n)::int as count from experiment_units");
  assert.equal(values.count, sent);
  assert.deepEqual(await one("select count(*)::int as count from experiment_waiting"), { count: 0 });
});

test("what is committed and not acknowledged is not counted again", async () => {
  const id = randomUUID();
  await append(inference(id));
  await faults({ mode: "refuse", match: "XACK" });
  assert.equal((await post("/api/ingest/drain")).status, 503);
  assert.equal((await one("select count(*)::int as count from inferences where id = $1", [id])).count, 1);
  await faults({ mode: "none" });
  assert.equal(await age(), 1);
  const { body } = await post("/api/ingest/drain");
  assert.deepEqual([body.read, body.accepted, body.duplicates], [1, 0, 1]);
  assert.equal(await waiting(), 0);
});

test("what can never be stored is set aside, and the rest gets through", async () => {
  const ids = Array.from({ length: 40 }, () => randomUUID());
  for (const [index, id] of ids.entries()) {
    await append(inference(id));
    if (index === 5) await append("not json");
    if (index === 15) await append(inference(randomUUID(), { status: "unheard-of" }));
    if (index === 25) await append(inference(randomUUID(), { tokens_in: "many" }));
    if (index === 30) await append(inference(randomUUID(), { team_id: "team_of_somebody_else" }));
    if (index === 35) await append({ ...inference(randomUUID()), type: "rumour" });
  }
  const before = await redis("XLEN", "events:set-aside");
  const { body } = await post("/api/ingest/drain");
  assert.deepEqual([body.read, body.accepted, body.set_aside, body.is_empty], [45, 40, 5, true]);
  assert.equal((await redis("XLEN", "events:set-aside")) - before, 5);
  assert.equal((await one("select count(*)::int as count from inferences where id = any($1)", [ids])).count, 40);
  assert.deepEqual((await post("/api/ingest/drain")).body.read, 0);
});

test("without Redis events go to the database at once, and are still counted once", async () => {
  // A time that the database would refuse as it is written, with all that came with it.
  const started_at = "2026-11-21T09:30:00+23:59";
  const events = [{ id: randomUUID(), type: "inference", model: "offline", started_at }, { id: randomUUID(), type: "inference", model: "offline" }];
  await faults({ mode: "refuse" });
  const first = await post("/api/ingest", { events });
  assert.deepEqual([first.status, first.body.accepted], [202, 2]);
  await faults({ mode: "none" });
  const again = await post("/api/ingest", { events });
  assert.deepEqual([again.status, again.body.accepted, again.body.duplicates], [202, 0, 2]);
  assert.equal((await post("/api/ingest/drain")).body.read, 0);
});

test("what a team wants is not guessed: without the database texts are dropped and numbers count", async () => {
  const id = randomUUID();
  const events = [{ id, type: "inference", model: "offline", tokens_in: 7, output: "nobody shall read this" }];
  // The key is known to Redis; this isolate knows nothing of the team.
  assert.equal((await post("/api/ingest", { events: [{ id: randomUUID(), type: "inference" }] })).status, 202);
  await post("/api/ingest/drain");
  const vars = { ...stack.vars, DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/nowhere?sslmode=disable" };
  const cold = await startWorkerd({ dir, vars, label: "cold", only: ["gateway", "ingest"] });
  const { status, body } = await post("/api/ingest", { events }, cold.url);
  await cold.stop();
  assert.deepEqual([status, body.accepted], [202, 1], JSON.stringify(body));
  const waiting = JSON.stringify(await redis("XRANGE", streamOf(teamId), "-", "+"));
  assert.ok(waiting.includes(id) && !waiting.includes("nobody shall"), waiting);
  await post("/api/ingest/drain");
  assert.deepEqual(await one("select tokens_in::int, output from inferences where id = $1", [id]), { tokens_in: 7, output: null });
});

test("the schedule drains", async () => {
  const id = randomUUID();
  await append(inference(id));
  await stack.workerd.runScheduled("ingest");
  assert.equal((await one("select count(*)::int as count from inferences where id = $1", [id])).count, 1);
});

test("nothing personal is in a stream, a table or a log", async () => {
  const canary = "canary.bird@example.com";
  const card = "4111 1111 1111 1111";
  const text = `Write to ${canary} and charge ${card}.`;
  const event = {
    id: canary, type: "inference", model: canary, error_code: canary, error: text, user_id: canary, request_id: canary, variant: canary,
    messages: [{ role: "user", content: text }], output: text, tools: { name: text, [canary]: text }, metadata: { [canary]: { deep: [text] } },
    trace_id: canary, span_id: canary, parent_span_id: canary,
  };
  const { body } = await post("/api/ingest", { events: [event] });
  assert.equal(body.accepted, 1, JSON.stringify(body));
  const streams = JSON.stringify(await redis("XRANGE", streamOf(teamId), "-", "+"));
  await post("/api/ingest/drain");
  const { rows } = await database.query("select to_jsonb(inferences)::text as text from inferences union all select to_jsonb(experiment_units)::text from experiment_units union all select to_jsonb(experiment_waiting)::text from experiment_waiting union all select to_jsonb(rollup_series)::text from rollup_series");
  for (const place of [streams, rows.map((row) => row.text).join("\n")]) {
    assert.ok(!place.includes("canary.bird@"), "the address is nowhere");
    assert.ok(!place.includes("4111 1111"), "the card is nowhere");
  }
  assert.ok(rows.some((row) => row.text.includes("[email]") && row.text.includes("[card]")));
});
