/**
 *   sh dev/node.sh --test clients/typescript/tests/log.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PromptLab } from "../index.js";
import { DiskSpool } from "../spool.js";
import { KEY, answer, cut, problem, stall, startServer, takeAll } from "./scripted-server.mjs";

let server, errors, open;

beforeEach(async () => {
  server = await startServer(takeAll);
  errors = [];
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((promptlab) => promptlab.close({ timeoutMs: 0 })));
  await server.stop();
});

function client(log = {}, options = {}) {
  const promptlab = new PromptLab({ baseUrl: server.url, apiKey: KEY, log, onError: (error) => errors.push(error), ...options });
  open.push(promptlab);
  return promptlab;
}
const until = async (isTrue) => {
  for (let tries = 0; !isTrue(); tries += 1) {
    assert.ok(tries < 1_000, "it does not come");
    await sleep(5);
  }
};
const models = (request) => request.body.events.map(({ model }) => model);

describe("events", () => {
  test("go together after a while, by the API's names", async () => {
    const promptlab = client({ flushIntervalMs: 30 });
    const id = promptlab.log({ model: "m", promptId: "prm_1", tokensIn: 3, ttftMs: 1.5, metadata: { camelCase: true } });
    promptlab.log({ id: "mine", model: "m" });
    assert.equal(server.requests.length, 0, "nobody waits");
    await until(() => promptlab.stats().accepted === 2);
    const [{ path, headers, body }] = server.requests;
    assert.deepEqual([path, headers.authorization, server.requests.length], ["/api/ingest", `Bearer ${KEY}`, 1]);
    assert.deepEqual(body.events, [
      { model: "m", prompt_id: "prm_1", tokens_in: 3, ttft_ms: 1.5, metadata: { camelCase: true }, id, type: "inference" },
      { id: "mine", model: "m", type: "inference" },
    ]);
  });

  test("go at once when a batch is full, at most 500 and a megabyte together", async () => {
    const promptlab = client({ flushIntervalMs: 60_000 });
    for (let count = 0; count < 1_200; count += 1) promptlab.log({ model: `m${count}` });
    await until(() => server.requests.length >= 2);
    assert.ok(await promptlab.flush());
    assert.deepEqual(server.requests.map(({ body }) => body.events.length), [500, 500, 200]);
    assert.deepEqual(server.requests.flatMap(models), Array.from({ length: 1_200 }, (_, count) => `m${count}`));
    server.requests.length = 0;
    for (let count = 0; count < 10; count += 1) promptlab.log({ model: "m", output: "é".repeat(100_000) });
    assert.ok(await promptlab.flush());
    assert.deepEqual(server.requests.map(({ body }) => body.events.length), [4, 4, 2]);
    assert.ok(server.requests.every(({ headers }) => Number(headers["content-length"]) < 1_000_000));
  });

  test("too large for a batch keep their numbers", async () => {
    const promptlab = client();
    promptlab.log({ model: "m", tokensIn: 7, output: "x".repeat(2_000_000) });
    await promptlab.flush();
    const [event] = server.requests[0].body.events;
    assert.deepEqual([event.tokens_in, event.output, event.metadata], [7, undefined, { contents_omitted: "too large" }]);
  });

  test("that cannot be written are counted, and log does not throw", async () => {
    const circular = {};
    circular.self = circular;
    const promptlab = client();
    promptlab.log({ model: "m", output: circular });
    promptlab.log({ model: "m", tokensIn: 1n });
    assert.equal(promptlab.stats().dropped, 2);
    assert.equal(errors.length, 2);
    client({}, { onError: () => { throw new Error("mine"); } }).log({ model: "m", output: circular });
  });

  test("that hold half a character are sent without it", async () => {
    const promptlab = client();
    promptlab.log({ model: "cut \ud83d", output: "\\ud83d stays, and so does \u{1f44b}\\", metadata: { "\udc4b": ["\udc4b\ud83d"] } });
    assert.ok(await promptlab.flush());
    const [event] = server.requests[0].body.events;
    assert.deepEqual([event.model, event.output], ["cut \ufffd", "\\ud83d stays, and so does \u{1f44b}\\"]);
    assert.deepEqual(event.metadata, { "\ufffd": ["\ufffd\ufffd"] });
  });

  test("that are refused are counted, and the others are not sent again", async () => {
    const rejected = [{ index: 1, code: "validation_failed", detail: "model: what answered", errors: [] }];
    server.scripts.push(answer(202, { accepted: 1, duplicates: 1, rejected }));
    const promptlab = client();
    for (const model of ["a", "", "c"]) promptlab.log({ model });
    assert.ok(await promptlab.flush());
    assert.deepEqual(promptlab.stats(), { logged: 3, accepted: 1, duplicates: 1, rejected: 1, failedSends: 0, queued: 0, dropped: 0 });
    assert.deepEqual(errors.map(({ code, message }) => [code, message]), [["validation_failed", "model: what answered"]]);
    server.scripts.push(problem(422, "validation_failed"));
    promptlab.log({ model: "d" });
    assert.ok(await promptlab.flush());
    assert.deepEqual([promptlab.stats().rejected, server.requests.length], [2, 2]);
  });

  test("that are too much for a proxy go in halves", async () => {
    server.scripts.push(problem(413, "body_too_large"));
    const promptlab = client();
    for (const model of ["a", "b", "c"]) promptlab.log({ model });
    assert.ok(await promptlab.flush());
    assert.deepEqual(server.requests.map(models), [["a", "b", "c"], ["a"], ["b", "c"]]);
  });

  test("are dropped when there is no room, the oldest first, and counted", async () => {
    server.otherwise = problem(503, "unavailable");
    const promptlab = client({ maxEvents: 10, flushIntervalMs: 1 });
    for (let count = 0; count < 25; count += 1) promptlab.log({ model: `m${count}` });
    assert.deepEqual([promptlab.stats().queued, promptlab.stats().dropped], [10, 15]);
    await until(() => promptlab.stats().failedSends > 0);
    promptlab.log({ model: "last" });
    assert.deepEqual([promptlab.stats().queued, promptlab.stats().dropped], [10, 16]);
    server.otherwise = takeAll;
    assert.ok(await promptlab.flush());
    assert.deepEqual(models(server.requests.at(-1)), [...Array.from({ length: 9 }, (_, count) => `m${count + 16}`), "last"]);
    const small = client({ maxBytes: 1_000 });
    for (let count = 0; count < 25; count += 1) small.log({ model: "x".repeat(100) });
    assert.ok(small.stats().queued < 8 && small.stats().queued > 3);
  });
});

describe("a server that fails", () => {
  test("gets everything later, under the same ids", async () => {
    server.scripts.push(problem(500, "internal"), cut, problem(429, "rate_limited", { "retry-after": "1" }));
    const promptlab = client({ flushIntervalMs: 1 });
    const ids = ["a", "b"].map((model) => promptlab.log({ model }));
    const began = performance.now();
    assert.ok(await promptlab.flush());
    assert.ok(performance.now() - began > 1_000, "it is left alone for as long as it wants");
    assert.deepEqual(server.requests.map(({ body }) => body.events.map(({ id }) => id)), [ids, ids, ids, ids]);
    assert.deepEqual([promptlab.stats().accepted, promptlab.stats().failedSends], [2, 3]);
  });

  test("keeps neither flush nor close for longer than they are given", async () => {
    server.otherwise = stall;
    const promptlab = client();
    promptlab.log({ model: "m" });
    const began = performance.now();
    assert.equal(await promptlab.flush({ timeoutMs: 100 }), false);
    assert.equal(await promptlab.close({ timeoutMs: 100 }), false);
    assert.ok(performance.now() - began < 1_000);
    promptlab.log({ model: "late" });
    assert.equal(errors.at(-1).code, "closed");
  });
});

test("where requests are isolated, a request sends its own", async () => {
  const promptlab = client({ flushIntervalMs: 1 }, { isolatedRequests: true });
  promptlab.log({ model: "m" });
  await sleep(30);
  assert.equal(server.requests.length, 0);
  assert.ok(await promptlab.flush());
  assert.equal(server.requests.length, 1);
});

test("what a request had in hand that was cancelled is sent by a later one", async (t) => {
  const sent = [];
  let fail;
  const answers = [() => new Promise((_, reject) => (fail = reject)), (_, { body }) => (sent.push(...JSON.parse(body).events), Response.json({ accepted: 1, duplicates: 0, rejected: [] }))];
  const promptlab = client({}, { isolatedRequests: true, fetch: (...request) => answers[0](...request) });
  const id = promptlab.log({ model: "m" });
  // Nobody hears of it any more: neither an answer nor a time-out.
  promptlab.flush();
  answers.shift();
  assert.ok(await promptlab.flush({ timeoutMs: 50 }), "there is nothing else");
  assert.deepEqual([sent.length, promptlab.stats().queued], [0, 1]);
  const now = performance.now.bind(performance);
  t.mock.method(performance, "now", () => now() + 60_000);
  assert.ok(await promptlab.flush());
  assert.deepEqual(sent.map((event) => event.id), [id]);
  assert.equal(promptlab.stats().queued, 0);
  // Should it be heard of after all, nothing is sent a third time.
  fail(new Error("late"));
  await sleep(0);
  assert.equal(promptlab.stats().queued, 0);
});

describe("a spool", () => {
  let directory;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "promptlab-spool-"))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const files = () => readdirSync(directory);

  test("holds events until they have arrived", async () => {
    server.scripts.push(problem(503, "unavailable"));
    const promptlab = client({ spool: new DiskSpool({ directory }), flushIntervalMs: 60_000 });
    for (let count = 0; count < 700; count += 1) promptlab.log({ model: `m${count}` });
    assert.deepEqual([files().length, promptlab.stats().queued], [2, 700]);
    assert.ok(await promptlab.flush());
    assert.deepEqual(server.requests.map(({ body }) => body.events.length), [500, 500, 200]);
    assert.deepEqual([files().length, promptlab.stats().accepted], [0, 700]);
    promptlab.log({ model: "one more" });
    assert.ok(await promptlab.close());
    assert.equal(files().length, 0);
  });

  test("outlives a crash", async () => {
    const script = `
      import { PromptLab } from ${JSON.stringify(new URL("../index.js", import.meta.url).href)};
      import { DiskSpool } from ${JSON.stringify(new URL("../spool.js", import.meta.url).href)};
      const spool = new DiskSpool({ directory: ${JSON.stringify(directory)} });
      const promptlab = new PromptLab({ baseUrl: ${JSON.stringify(server.url)}, apiKey: "pl_x", log: { spool, flushIntervalMs: 1 } });
      for (let count = 0; count < 600; count += 1) promptlab.log({ id: "crash-" + count, model: "m" });
      console.log("logged");
      setInterval(() => {}, 1_000);
    `;
    // It has the first batch, and is killed before it hears so.
    server.otherwise = stall;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await until(() => server.requests.length === 1);
    child.kill("SIGKILL");
    await once(child, "exit");
    appendFileSync(join(directory, files().at(-1)), '{"id": "torn", "mod');

    server.otherwise = takeAll;
    const promptlab = client({ spool: new DiskSpool({ directory }), flushIntervalMs: 1 });
    await until(() => promptlab.stats().accepted === 600);
    const ids = server.requests.slice(1).flatMap(({ body }) => body.events.map(({ id }) => id));
    assert.deepEqual(ids, Array.from({ length: 600 }, (_, count) => `crash-${count}`));
    assert.deepEqual(server.requests[0].body.events.map(({ id }) => id), ids.slice(0, 500), "the same ids as before");
    await until(() => files().length === 0);
  });

  test("drops its oldest file when it is full, and goes on without one that is gone", async () => {
    server.otherwise = problem(503, "unavailable");
    const promptlab = client({ spool: new DiskSpool({ directory, maxBytes: 100_000 }), flushIntervalMs: 60_000 });
    for (let count = 0; count < 2_000; count += 1) promptlab.log({ model: `m${count}` });
    const { queued, dropped } = promptlab.stats();
    assert.ok(dropped >= 500 && dropped % 500 === 0 && queued + dropped === 2_000, JSON.stringify({ queued, dropped }));
    server.otherwise = takeAll;
    rmSync(join(directory, files()[0]));
    assert.ok(await promptlab.flush({ timeoutMs: 5_000 }));
    assert.equal(promptlab.stats().accepted, queued - 500);
    assert.ok(existsSync(directory));
  });
});
