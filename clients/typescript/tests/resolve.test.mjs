/**
 *   sh dev/node.sh --test clients/typescript/tests/resolve.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { ConnectionError, PromptLab, PromptLabError, TimeoutError, newId } from "../index.js";
import { KEY, answer, cut, problem, resolved, stall, startServer } from "./scripted-server.mjs";

let server, now, errors;

before(async () => (server = await startServer()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.scripts.length = 0;
  server.otherwise = answer(200, resolved());
  now = 1_000_000;
  errors = [];
});

const client = (options = {}) =>
  new PromptLab({ baseUrl: server.url, apiKey: KEY, now: () => now, onError: (error) => errors.push(error), ...options });
const until = async (isTrue) => {
  for (let tries = 0; !isTrue(); tries += 1) {
    assert.ok(tries < 500, "it does not come");
    await sleep(2);
  }
};

describe("an answer", () => {
  test("has the server's fields, and says where it is from", async () => {
    server.scripts.push(answer(200, resolved({ new_field: [1] }), { "x-promptlab-stale": "true" }));
    const options = { environment: "staging", userId: "u-1", variables: { name: "Zoë" }, version: 3, strict: true };
    const found = await client().resolve("team/greeting", options);
    assert.deepEqual([found.resolvedText, found.versionNumber, found.newField, found.config], ["Hello Zoë.", 1, [1], { top_p: 0.9 }]);
    assert.deepEqual([found.source, found.isFallback, found.requestId, found.serverIsStale, found.error], ["server", false, "req_scripted", true, null]);
    const [{ method, path, headers, body }] = server.requests;
    assert.deepEqual([method, path, headers.authorization], ["POST", "/api/resolve/team%2Fgreeting", `Bearer ${KEY}`]);
    assert.deepEqual(body, { environment: "staging", user_id: "u-1", variables: { name: "Zoë" }, version: 3, strict: true });
  });

  test("is remembered by everything that matters", async () => {
    const promptlab = client();
    await promptlab.resolve("greeting", { variables: { a: 1, b: { c: 2, d: 3 } } });
    const again = await promptlab.resolve("greeting", { variables: { b: { d: 3, c: 2 }, a: 1 }, environment: "production", strict: false });
    assert.deepEqual([again.source, server.requests.length], ["cache", 1]);
    for (const options of [{ variables: { a: 1 } }, { userId: "u" }, { version: 1 }, { environment: "staging" }, { strict: true }]) {
      assert.equal((await promptlab.resolve("greeting", options)).source, "server", JSON.stringify(options));
    }
    assert.equal((await promptlab.resolve("other")).source, "server");
    assert.throws(() => (again.fewShotExamples.push({}), again.config.more), TypeError, "callers share it");
  });

  test("is fresh, then refreshed behind the caller, then awaited", async () => {
    const promptlab = client();
    await promptlab.resolve("greeting");
    server.otherwise = answer(200, resolved({ revision: 8 }));
    now += 999;
    assert.equal((await promptlab.resolve("greeting")).source, "cache");
    assert.equal(server.requests.length, 1);
    now += 1;
    const stale = await promptlab.resolve("greeting");
    assert.deepEqual([stale.source, stale.revision, stale.ageMs], ["stale", 7, 1000]);
    await until(() => server.requests.length === 2);
    await sleep(20);
    const refreshed = await promptlab.resolve("greeting");
    assert.deepEqual([refreshed.source, refreshed.revision], ["cache", 8]);
    now += 3_000;
    assert.equal((await promptlab.resolve("greeting")).source, "server");
  });

  test("is asked for once by all who want it at the same time", async () => {
    server.scripts.push((request, response) => setTimeout(() => answer(200, resolved())(request, response), 30));
    const promptlab = client();
    const all = await Promise.all(Array.from({ length: 50 }, () => promptlab.resolve("greeting")));
    assert.ok(all.every(({ resolvedText }) => resolvedText === "Hello Zoë."));
    assert.equal(server.requests.length, 1);
    now += 1_500;
    await Promise.all(Array.from({ length: 50 }, () => promptlab.resolve("greeting")));
    await until(() => server.requests.length === 2);
    await sleep(20);
    assert.equal(server.requests.length, 2);
  });

  test("is forgotten when others are used more recently", async () => {
    const promptlab = client({ cache: { maxEntries: 2 } });
    for (const name of ["a", "b", "a", "c"]) await promptlab.resolve(name);
    assert.equal((await promptlab.resolve("a")).source, "cache");
    assert.equal((await promptlab.resolve("b")).source, "server");
  });
});

describe("without the server", () => {
  test("the last answer is given, up to its age, and the server is left in peace", async () => {
    const promptlab = client({ retries: 0 });
    await promptlab.resolve("greeting");
    server.otherwise = problem(503, "unavailable");
    now += 60_000;
    const old = await promptlab.resolve("greeting");
    assert.deepEqual([old.source, old.ageMs, old.error.code, old.error.requestId], ["stale", 60_000, "unavailable", "req_problem"]);
    for (let count = 0; count < 5; count += 1) await promptlab.resolve("greeting");
    assert.equal(server.requests.length, 2, "it rests for a second");
    now += 1_000;
    await promptlab.resolve("greeting");
    assert.equal(server.requests.length, 3);
    now += 3_600_000;
    await assert.rejects(promptlab.resolve("greeting"), { status: 503, code: "unavailable" });
  });

  test("a server that stalls costs those who have an older answer a second", async () => {
    const promptlab = client({ attemptTimeoutMs: 2_000 });
    await promptlab.resolve("greeting");
    server.otherwise = stall;
    now += 60_000;
    const began = performance.now();
    const old = await promptlab.resolve("greeting");
    assert.ok(performance.now() - began < 1_300);
    assert.deepEqual([old.source, old.error.code], ["stale", "timeout"]);
    const next = performance.now();
    await promptlab.resolve("greeting");
    assert.ok(performance.now() - next < 50, "and the next ones nothing");
  });

  test("the fallback is given, and marked", async () => {
    server.otherwise = problem(500, "internal");
    const promptlab = client({ retries: 0 });
    const text = await promptlab.resolve("greeting", { fallback: "Hello." });
    assert.deepEqual([text.source, text.isFallback, text.resolvedText, text.versionId, text.name], ["fallback", true, "Hello.", null, "greeting"]);
    assert.equal(text.error.status, 500);
    const chat = await promptlab.resolve("chat", { fallback: { messages: [{ role: "system", content: "Hi." }], modelId: "m" } });
    assert.deepEqual([chat.type, chat.modelId, chat.messages.length], ["chat", "m", 1]);
    assert.equal(errors.length, 2);
    await server.stop();
    const { url } = server;
    server = await startServer();
    const gone = await client({ baseUrl: url, retries: 0 }).resolve("greeting", { fallback: "Hello." });
    assert.ok(gone.error instanceof ConnectionError);
  });

  test("a mistake and what the server knows better are no case for it", async () => {
    const promptlab = client();
    const errors = [{ field: "variables.name", code: "missing", detail: "no value" }];
    server.scripts.push(problem(422, "missing_variables", {}, { errors }));
    await assert.rejects(promptlab.resolve("greeting", { strict: true, fallback: "Hello." }), (error) => {
      assert.ok(error instanceof PromptLabError);
      assert.deepEqual([error.name, error.status, error.code, error.requestId, error.errors], ["PromptLabError", 422, "missing_variables", "req_problem", errors]);
      return error.message === "because of missing_variables";
    });
    await promptlab.resolve("greeting");
    now += 60_000;
    server.otherwise = problem(404, "not_found");
    await assert.rejects(promptlab.resolve("greeting"), { status: 404 }, "what was archived is not given from the cache");
    assert.equal((await promptlab.resolve("greeting", { fallback: "Hello." })).source, "fallback");
  });
});

describe("a failure", () => {
  test("is tried again when that may help", async () => {
    for (const script of [problem(500, "internal"), problem(429, "rate_limited", { "retry-after": "0" }), cut, answer(502, "<html>")]) {
      server.scripts.push(script);
      assert.equal((await client().resolve("greeting")).source, "server");
    }
    assert.equal(server.requests.length, 8);
    server.scripts.push(problem(401, "unauthenticated"));
    await assert.rejects(client().resolve("greeting"), { status: 401, isUnavailable: false });
    assert.equal(server.requests.length, 9);
  });

  test("waits as long as the server says, and gives up when that is too long", async () => {
    server.scripts.push(problem(429, "rate_limited", { "retry-after": "1" }));
    const began = performance.now();
    await client().resolve("greeting");
    assert.ok(performance.now() - began >= 1_000);
    server.scripts.push(problem(429, "rate_limited", { "retry-after": "60" }));
    await assert.rejects(client().resolve("other"), { status: 429, retryAfterMs: 60_000 });
    assert.equal(server.requests.length, 3);
  });

  test("is a time-out when there is no answer", async () => {
    server.otherwise = stall;
    const began = performance.now();
    await assert.rejects(client({ attemptTimeoutMs: 50, retries: 1 }).resolve("greeting"), TimeoutError);
    assert.ok(performance.now() - began < 1_000);
    assert.equal(server.requests.length, 2);
  });

  test("of one caller's patience is that caller's alone", async () => {
    const leave = new AbortController();
    server.scripts.push((request, response) => setTimeout(() => answer(200, resolved())(request, response), 60));
    const promptlab = client();
    const left = promptlab.resolve("greeting", { signal: leave.signal, fallback: "Hello." });
    const stayed = promptlab.resolve("greeting");
    leave.abort();
    await assert.rejects(left, { name: "AbortError" });
    assert.equal((await stayed).source, "server");
    assert.equal(server.requests.length, 1);
  });
});

describe("the key", () => {
  test("is in no error, no text and no field", async () => {
    server.otherwise = problem(401, "unauthenticated");
    const promptlab = client();
    const error = await promptlab.resolve("greeting").catch((error) => error);
    const gone = await client({ baseUrl: "http://127.0.0.1:1", retries: 0 }).resolve("greeting").catch((error) => error);
    for (const thing of [promptlab, error, gone]) {
      assert.ok(!inspect(thing, { depth: 10, showHidden: true }).includes(KEY));
      assert.ok(!JSON.stringify(thing).includes(KEY));
    }
    const isSilent = (error) => error instanceof TypeError && !error.message.includes("pl_secret");
    assert.throws(() => client({ apiKey: "pl_secret\n" }), isSilent);
  });

  test("goes to no other server", async () => {
    const other = await startServer(answer(200, resolved()));
    server.otherwise = answer(302, {}, { location: `${other.url}/api/resolve/greeting` });
    await assert.rejects(client().resolve("greeting"), { status: 302 });
    assert.equal(other.requests.length, 0);
    await other.stop();
    assert.throws(() => client({ baseUrl: "https://user:word@example.com" }), TypeError);
  });
});

describe("where requests are isolated", () => {
  test("nobody waits for another's promise, and a refresh needs somebody to keep it alive", async () => {
    const promptlab = client({ isolatedRequests: true });
    await Promise.all([promptlab.resolve("greeting"), promptlab.resolve("greeting")]);
    assert.equal(server.requests.length, 2);
    now += 1_500;
    const kept = [];
    const waitUntil = (promise) => kept.push(promise);
    assert.equal((await promptlab.resolve("greeting", { waitUntil })).source, "stale");
    assert.equal((await promptlab.resolve("greeting", { waitUntil })).source, "stale");
    assert.equal(kept.length, 1, "one refreshes");
    await kept[0];
    assert.equal((await promptlab.resolve("greeting", { waitUntil })).source, "cache");
    now += 1_500;
    assert.equal((await promptlab.resolve("greeting")).source, "server", "without it, the request asks itself");
  });
});

test("ids are UUIDs of version 7 that sort by time", async () => {
  const first = newId();
  assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(Math.abs(Number.parseInt(first.replace("-", "").slice(0, 12), 16) - Date.now()) < 1_000);
  await sleep(2);
  assert.ok(newId() > first);
  assert.equal(new Set(Array.from({ length: 1_000 }, newId)).size, 1_000);
});
