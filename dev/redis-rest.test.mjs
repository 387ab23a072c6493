/**
 * The REST front under Upstash's own client and under plain HTTP, over a real Redis.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { Redis } from "@upstash/redis";
import { startRedis } from "./redis.mjs";
import { startRedisRest } from "./redis-rest.mjs";

const token = "a-token";
let dir, server, front, upstash;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-redis-"));
  server = await startRedis({ dir, durable: false });
  front = await startRedisRest({ redisUrl: server.url, token, faults: true });
  upstash = new Redis({ url: front.url, token, enableTelemetry: false, retry: false });
});

after(async () => {
  await front.close();
  await server.stop();
  rmSync(dir, { recursive: true });
});

/** Plain HTTP. */
async function call(path, body, headers = {}) {
  const response = await fetch(front.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe("Upstash's client", () => {
  test("reads back what it wrote, whatever the script or type", async () => {
    assert.equal(await upstash.set("greeting", "Grüß Gott, 世界 🌍"), "OK");
    assert.equal(await upstash.get("greeting"), "Grüß Gott, 世界 🌍");
    assert.equal(await upstash.get("absent"), null);
    await upstash.set("object", { name: "ä", count: 2 });
    assert.deepEqual(await upstash.get("object"), { name: "ä", count: 2 });
    await upstash.set("says-ok", "OK");
    assert.equal(await upstash.get("says-ok"), "OK");
    assert.equal(await upstash.incr("counter"), 1);
    assert.equal(await upstash.ping(), "PONG");
  });

  test("expires", async () => {
    await upstash.set("short", "1", { ex: 100 });
    assert.equal(await upstash.ttl("short"), 100);
  });

  test("keeps the order of a pipeline and reports each command", async () => {
    const pipeline = upstash.pipeline();
    pipeline.set("a", "1").get("a").lpush("a", "not a list").get("a");
    const results = await pipeline.exec({ keepErrors: true });
    assert.deepEqual(results.map(({ result, error }) => result ?? error?.slice(0, 9)), ["OK", 1, "WRONGTYPE", 1]);
  });

  test("runs a transaction", async () => {
    const transaction = upstash.multi();
    transaction.set("t", "1").incr("t").hset("h", { field: "ü" }).hgetall("h");
    assert.deepEqual(await transaction.exec(), ["OK", 2, 1, { field: "ü" }]);
  });

  test("evaluates scripts, by text and by hash", async () => {
    const script = "return {KEYS[1], ARGV[1], 7, false, {1, 'nested'}}";
    const expected = ["k", "é", 7, null, [1, "nested"]];
    await assert.rejects(upstash.evalsha("f".repeat(40), ["k"], ["é"]), /NOSCRIPT/);
    assert.deepEqual(await upstash.eval(script, ["k"], ["é"]), expected);
    const hash = await upstash.scriptLoad(script);
    assert.deepEqual(await upstash.evalsha(hash, ["k"], ["é"]), expected);
  });

  test("appends to a stream and reads it as a group", async () => {
    const id = await upstash.xadd("stream", "*", { event: "exposure", text: "naïve" });
    assert.match(id, /^\d+-0$/);
    await upstash.xgroup("stream", { type: "CREATE", group: "drain", id: "0" });
    const read = await upstash.xreadgroup("drain", "one", "stream", ">");
    assert.deepEqual(read, [["stream", [[id, ["event", "exposure", "text", "naïve"]]]]]);
    assert.equal(await upstash.xack("stream", "drain", id), 1);
    assert.equal(await upstash.xreadgroup("drain", "one", "stream", ">"), null);
  });

  test("is told what is wrong", async () => {
    await upstash.set("text", "x");
    await assert.rejects(upstash.lpush("text", "y"), /WRONGTYPE/);
    const stranger = new Redis({ url: front.url, token: "another", enableTelemetry: false, retry: false });
    await assert.rejects(stranger.get("text"), /WRONGPASS/);
  });
});

describe("plain HTTP", () => {
  test("status codes", async () => {
    const noScript = await call("/", ["EVALSHA", "f".repeat(40), 0]);
    assert.equal(noScript.status, 400);
    assert.match(noScript.body.error, /^NOSCRIPT/);
    assert.deepEqual(await call("/", "{not json"), { status: 400, body: { error: "ERR failed to parse command" } });
    assert.equal((await call("/", { GET: "x" })).status, 400);
    assert.equal((await call("/", [])).status, 400);
    assert.equal((await call("/pipeline", [])).status, 400);
    assert.equal((await call("/pipeline", ["GET", "x"])).status, 400);
    assert.equal((await call("/", ["NOSUCH"])).status, 400);
    assert.equal((await call("/", undefined)).status, 405);
    for (const authorization of ["", "Bearer another", "Basic YTpi"]) {
      const { status, body } = await call("/", ["PING"], { authorization });
      assert.equal(status, 401);
      assert.match(body.error, /^WRONGPASS/);
    }
  });

  test("a pipeline is 200 even when a command fails", async () => {
    const { status, body } = await call("/pipeline", [["SET", "p", 1], ["LPUSH", "p", 2], ["SUBSCRIBE", "x"], ["GET", "p"]]);
    assert.equal(status, 200);
    assert.deepEqual(body.map((item) => Object.keys(item)[0]), ["result", "error", "error", "result"]);
    assert.equal(body[3].result, "1");
  });

  test("a transaction that Redis refuses changes nothing", async () => {
    const { status, body } = await call("/multi-exec", [["SET", "whole", "1"], ["SET", "whole"]]);
    assert.equal(status, 400);
    assert.match(body.error, /^EXECABORT/);
    assert.equal((await call("/", ["GET", "whole"])).body.result, null);
  });

  test("transactions of many clients do not mix", async () => {
    const runs = Array.from({ length: 50 }, () => call("/multi-exec", [["INCR", "mixed"], ["INCR", "mixed"]]));
    for (const { body } of await Promise.all(runs)) assert.equal(body[1].result - body[0].result, 1);
  });

  test("base64 holds bytes that are not text", async () => {
    await call("/", ["EVAL", "return redis.call('SET', KEYS[1], '\\255\\0\\254')", 1, "bytes"]);
    const encoded = { "upstash-encoding": "base64" };
    assert.equal((await call("/", ["GET", "bytes"], encoded)).body.result, "/wD+");
    assert.equal((await call("/", ["SET", "bytes", "é"], encoded)).body.result, "OK");
    assert.deepEqual((await call("/pipeline", [["GET", "bytes"], ["GET", "none"]], encoded)).body, [{ result: "w6k=" }, { result: null }]);
  });

  test("a command may be the path", async () => {
    assert.deepEqual((await call("/set/pa%2Fth/v%20w?EX=100")).body, { result: "OK" });
    assert.deepEqual((await call("/get/pa%2Fth")).body, { result: "v w" });
    assert.deepEqual((await call("/ttl/pa%2Fth")).body, { result: 100 });
    assert.deepEqual((await call("/set/posted", "the body")).body, { result: "OK" });
    assert.deepEqual((await call(`/get/posted?_token=${token}`, undefined, { authorization: "" })).status, 401);
  });

  test("large values pass, too large ones are refused", async () => {
    const value = "ü".repeat(1_000_000);
    await call("/", ["SET", "large", value]);
    assert.equal((await call("/", ["GET", "large"])).body.result, value);
    assert.equal((await call("/", ["SET", "large", "x".repeat(11_000_000)])).status, 413);
  });
});

describe("faults", () => {
  afterEach(() => call("/__faults", { mode: "none" }));

  test("a refused, a cut and a wrong answer", async () => {
    await call("/__faults", { mode: "refuse" });
    await assert.rejects(call("/", ["PING"]), /fetch failed/);
    await call("/__faults", { mode: "cut" });
    await assert.rejects(call("/", ["PING"]));
    await call("/__faults", { mode: "wrong" });
    await assert.rejects(call("/", ["PING"]), SyntaxError);
  });

  test("writes that are lost while reads go through", async () => {
    await call("/", ["SET", "kept", "1"]);
    await call("/__faults", { mode: "drop-writes" });
    assert.equal((await call("/", ["SET", "kept", "2"])).status, 500);
    assert.equal((await call("/", ["GET", "kept"])).body.result, "1");
  });

  test("commands that are refused, the whole pipeline included", async () => {
    await call("/__faults", { mode: "quota" });
    for (const [path, body] of [["/", ["PING"]], ["/pipeline", [["PING"]]]]) {
      const { status, body: answer } = await call(path, body);
      assert.deepEqual([status, Object.keys(answer)], [400, ["error"]]);
    }
  });

  test("a match limits a fault", async () => {
    await call("/__faults", { mode: "drop-writes", match: "release:" });
    assert.equal((await call("/", ["SET", "other", "1"])).status, 200);
    assert.equal((await call("/", ["SET", "release:x", "1"])).status, 500);
  });

  test("a slow answer", async () => {
    await call("/__faults", { mode: "slow", delay_ms: 60 });
    const start = performance.now();
    await call("/", ["PING"]);
    assert.ok(performance.now() - start >= 59);
  });
});

test("a restart of Redis needs no restart of the front", async () => {
  const folder = mkdtempSync(join(tmpdir(), "promptlab-redis-"));
  const first = await startRedis({ dir: folder });
  const rest = await startRedisRest({ redisUrl: first.url, token });
  const get = () => fetch(rest.url, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: '["GET","x"]' });
  try {
    assert.equal((await get()).status, 200);
    await first.stop();
    assert.equal((await get()).status, 503);
    const second = await startRedis({ dir: folder, port: first.port });
    assert.equal((await get()).status, 200);
    await second.stop();
  } finally {
    await rest.close();
    rmSync(folder, { recursive: true });
  }
});
