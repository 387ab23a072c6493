/**
 * What callers notice when Redis, PostgreSQL or both are gone: as little as can be.
 *
 * Slow, because it waits until what isolates remember has expired: more than a minute.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Installation, send } from "../bench/installation.mjs";
import { says, shows, Watch } from "../bench/watch.mjs";

const PROMISED_MS = 5_000;
/** Longer than isolates answer from memory without asking. */
const EXPIRED_MS = 1_500;
/** Longer than Redis answers for the database. */
const REDIS_FRESH_MS = 3_000;
/** What a writer tells Redis after its commit, and nothing else: a refill lives for less than the three seconds. */
const PUBLICATION = '^/pipeline.*"EVAL.*"(3000|15000)"';
/** Ways for Redis to be there and of no use. */
const FAULTS = [{ mode: "refuse" }, { mode: "slow", delay_ms: 30_000 }, { mode: "wrong" }, { mode: "cut" }, { mode: "quota" }];
/** Texts that no log may show. */
const TEMPLATE = "The confidential template says {{ greeting }}";
const GREETING = "a private greeting";
const RESOLVED = TEMPLATE.replace("{{ greeting }}", GREETING);

let dir, installation;
const keys = [];
/** What is down, and how it comes back. */
const repairs = [];

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-outage-"));
  installation = await Installation.start({ dir, edges: 2 });
});

afterEach(async () => {
  for (const repair of repairs.splice(0)) await repair();
});

after(async () => {
  await installation?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function breakRedis({ mode, ...options }) {
  repairs.push(() => installation.fault("none"));
  await installation.fault(mode, options);
}

async function kill(name) {
  repairs.push(() => installation.restart(name));
  await installation.kill(name);
}

function freeze(name) {
  repairs.push(() => installation.freeze(name, false));
  installation.freeze(name);
}

async function repair() {
  for (const work of repairs.splice(0)) await work();
}

const pathOf = (name) => `/api/resolve/${name}?variables=${encodeURIComponent(JSON.stringify({ greeting: GREETING }))}`;

/** A prompt in production and a key, which every edge has answered for. */
async function seen(name, templates = [TEMPLATE]) {
  const versions = await installation.createPrompt(name, templates);
  const { id, key } = await installation.createKey(name);
  keys.push(key);
  for (const { url } of installation.edges) {
    const answer = await resolve(name, key, url);
    assert.equal(answer.status, 200, answer.text);
  }
  return { versions, key, keyId: id };
}

/** @returns {Promise<import("../bench/installation.mjs").Answer & {durationMs: number}>} */
async function resolve(name, key, url = installation.edges[0].url) {
  const began = performance.now();
  const answer = await send(url + pathOf(name), { key });
  return { ...answer, durationMs: performance.now() - began };
}

const age = ({ headers }) => Number(headers["x-promptlab-age-ms"]);
const isStale = ({ headers }) => headers["x-promptlab-stale"] === "true";

/** Asks as callers do until `isEnough`, and has every answer be the right one, soon. */
async function keepsAnswering(name, key, isEnough, timeoutMs = 15_000) {
  const began = performance.now();
  for (;;) {
    const answer = await resolve(name, key);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.resolved_text, RESOLVED);
    assert.ok(answer.durationMs < PROMISED_MS, `an answer took ${answer.durationMs} ms`);
    const elapsedMs = performance.now() - began;
    if (isEnough(answer, elapsedMs)) return answer;
    assert.ok(elapsedMs < timeoutMs, `still not so: ${JSON.stringify(answer.headers)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function staleWithGrowingAge(name, key) {
  const first = await keepsAnswering(name, key, isStale);
  assert.ok(age(first) >= EXPIRED_MS, `stale at ${age(first)} ms`);
  await keepsAnswering(name, key, (answer) => isStale(answer) && age(answer) > age(first) + 500);
}

const recovers = (name, key) => keepsAnswering(name, key, (answer) => !isStale(answer) && age(answer) < EXPIRED_MS);

/** Several prompts at once. @returns {Promise<{results: any[], durationMs: number}>} */
async function resolveMany(names, key, url = installation.edges[0].url) {
  const began = performance.now();
  const requests = names.map((prompt) => ({ prompt, variables: { greeting: GREETING } }));
  const { status, text, body } = await send(`${url}/api/resolve`, { method: "POST", key, body: { requests } });
  assert.equal(status, 200, text);
  return { results: body.results, durationMs: performance.now() - began };
}

/** Some prompts that are known to the edges and some that are not: each has its answer or its error, together as soon as one. */
async function batchKeepsAnswering(name, key) {
  const unknown = Array.from({ length: 20 }, (_, index) => `never-seen-${index}`);
  const { results, durationMs } = await resolveMany([name, ...unknown, name], key);
  assert.ok(durationMs < PROMISED_MS, `a batch took ${durationMs} ms`);
  assert.deepEqual([results[0].resolved_text, results.at(-1).resolved_text], [RESOLVED, RESOLVED]);
  assert.deepEqual(results.slice(1, -1).map(({ error }) => error?.status), unknown.map(() => 503));
}

async function isUnavailable(name, key) {
  const answer = await resolve(name, key);
  assert.equal(answer.status, 503, answer.text);
  assert.ok(answer.durationMs < PROMISED_MS, `it took ${answer.durationMs} ms to say so`);
  assert.equal(answer.headers["content-type"], "application/problem+json");
  assert.ok(Number(answer.headers["retry-after"]) > 0, "Retry-After is missing");
  assert.equal(answer.body.code, "unavailable");
}

for (const fault of FAULTS) {
  test(`Redis fails (${fault.mode}): the database answers, and without it what was known`, async () => {
    const name = `redis-${fault.mode}`;
    const { key } = await seen(name);
    await breakRedis(fault);
    const fresh = await keepsAnswering(name, key, (_, elapsedMs) => elapsedMs > 2 * EXPIRED_MS);
    assert.ok(!isStale(fresh) && age(fresh) < EXPIRED_MS, JSON.stringify(fresh.headers));
    await kill("PostgreSQL");
    await staleWithGrowingAge(name, key);
    await isUnavailable("never-seen", key);
    await batchKeepsAnswering(name, key);
    await repair();
    await recovers(name, key);
  });
}

test("PostgreSQL is gone: Redis answers, also a new isolate", async () => {
  const { key } = await seen("without-postgres");
  await kill("PostgreSQL");
  const late = await keepsAnswering("without-postgres", key, (_, elapsedMs) => elapsedMs > REDIS_FRESH_MS + EXPIRED_MS);
  assert.ok(isStale(late));
  const edge = await installation.startEdge();
  try {
    const answer = await resolve("without-postgres", key, edge.url);
    assert.deepEqual([answer.status, answer.body.resolved_text], [200, RESOLVED]);
    assert.ok(isStale(answer) && age(answer) >= EXPIRED_MS, JSON.stringify(answer.headers));
    await batchKeepsAnswering("without-postgres", key);
  } finally {
    await installation.stopEdge(edge);
  }
  await isUnavailable("never-seen", key);
  await repair();
  await recovers("without-postgres", key);
});

test("both are gone, Redis with all that it held", async () => {
  const { key } = await seen("without-both");
  await Promise.all([kill("PostgreSQL"), kill("Redis")]);
  await staleWithGrowingAge("without-both", key);
  await isUnavailable("never-seen", key);
  await repair();
  await recovers("without-both", key);
});

test("both accept connections and say nothing", async () => {
  const { key } = await seen("silence");
  // Until nothing that is remembered is young enough to answer alone: the worst case for whoever waits.
  await new Promise((done) => setTimeout(done, EXPIRED_MS));
  freeze("PostgreSQL");
  await breakRedis({ mode: "slow", delay_ms: 30_000 });
  await isUnavailable("never-seen", key);
  await batchKeepsAnswering("silence", key);
  await staleWithGrowingAge("silence", key);
  await repair();
  await recovers("silence", key);
});

test("an isolate does not go back to what Redis held before", async () => {
  const { versions, key } = await seen("forwards", ["before", "after"]);
  await breakRedis({ mode: "refuse" });
  await installation.promote("forwards", versions[1]);
  const watch = new Watch([installation.edges[0].url + pathOf("forwards")], { key });
  await watch.all(shows("after")).finally(() => watch.stop());
  await kill("PostgreSQL");
  await installation.fault("none");
  for (let round = 0; round < 3; round++) {
    // Rare callers: whoever comes now has to ask the stores first.
    await new Promise((done) => setTimeout(done, 2 * EXPIRED_MS));
    const answer = await resolve("forwards", key);
    assert.deepEqual([answer.status, answer.body.resolved_text], [200, "after"]);
  }
});

test("a promotion that cannot be told to Redis succeeds, says so, and arrives all the same", async () => {
  for (const fault of [{ mode: "refuse" }, { mode: "drop-writes", match: PUBLICATION }]) {
    const name = `promoted-${fault.mode}`;
    const { versions, key } = await seen(name, ["before", "after"]);
    await breakRedis(fault);
    const watch = new Watch(installation.edges.map(({ url }) => url + pathOf(name)), { key });
    try {
      await watch.all(shows("before"));
      watch.expect(shows("after"));
      const began = performance.now();
      const { propagated_at, propagation_ms } = await installation.promote(name, versions[1]);
      assert.deepEqual({ propagated_at, propagation_ms }, { propagated_at: null, propagation_ms: null });
      const tookMs = (await watch.settled()) - began;
      assert.ok(tookMs < PROMISED_MS, `it took ${tookMs} ms`);
    } finally {
      await watch.stop();
    }
    await repair();
  }
});

test("a revoked key dies within the promise, also when Redis is not told", async () => {
  const { key, keyId } = await seen("revoked");
  await breakRedis({ mode: "drop-writes", match: PUBLICATION });
  const watch = new Watch(installation.edges.map(({ url }) => url + pathOf("revoked")), { key });
  try {
    await watch.all(says(200));
    watch.expect(says(401));
    const began = performance.now();
    const { status, text } = await installation.call("DELETE", `/api/keys/${keyId}`);
    assert.ok(status < 300, text);
    const tookMs = (await watch.settled()) - began;
    assert.ok(tookMs < PROMISED_MS, `it took ${tookMs} ms`);
  } finally {
    await watch.stop();
  }
});

test("readiness names what is down", async () => {
  const ready = async () => {
    const { status, body } = await installation.call("GET", "/ready");
    return [status, body.dependencies.postgres.status, body.dependencies.redis.status];
  };
  assert.deepEqual(await ready(), [200, "up", "up"]);
  await breakRedis({ mode: "refuse" });
  assert.deepEqual(await ready(), [503, "up", "down"]);
  await repair();
  await kill("PostgreSQL");
  assert.deepEqual(await ready(), [503, "down", "up"]);
  await repair();
  assert.deepEqual(await ready(), [200, "up", "up"]);
});

test("no log shows a key, a prompt, a caller's text or a credential of the stores", () => {
  const logs = installation.logs();
  assert.match(logs, /redis not read/, "the outages of the other tests are in the log");
  const { adminKey, restToken, databaseUrl, vars } = installation.stores;
  const secrets = {
    adminKey,
    restToken,
    password: new URL(databaseUrl).password,
    secret: vars.PROMPTLAB_SECRET,
    template: TEMPLATE.slice(0, 20),
    greeting: GREETING,
    greetingInUrl: encodeURIComponent(GREETING),
    ...Object.fromEntries(keys.map((key, index) => [`key ${index}`, key])),
  };
  const shown = Object.keys(secrets).filter((name) => logs.includes(secrets[name]));
  assert.deepEqual(shown, []);
});
