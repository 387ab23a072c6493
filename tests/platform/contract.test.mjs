/**
 * What every platform must do alike, checked from the outside: natively, on workerd and as a WASI component.
 *
 *   sh dev/node.sh --test tests/platform/contract.test.mjs        (PLATFORM=workerd for one of them)
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { freePort, root } from "../../dev/processes.mjs";
import { startPostgres } from "../../dev/postgres.mjs";
import { checkAssignment } from "./golden.mjs";
import { startObserver } from "./observer.mjs";
import { platforms, startBundle } from "./platforms.mjs";

const HEADERS = {
  accept: "text/html, application/json;q=0.9",
  "access-control-request-headers": "x-api-key",
  authorization: "Bearer a:b:c",
  "content-type": "application/json; charset=utf-8",
  "idempotency-key": "one",
  "if-none-match": '"abc", "def"',
  "last-event-id": "17",
  origin: "https://example.com",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "x-api-key": "pl_key",
  "x-request-id": "r-1",
};

let dir, postgres, observer, client;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-contract-"));
  [postgres, observer] = await Promise.all([startPostgres({ dir, durable: false }), startObserver()]);
  client = new pg.Client(postgres.url);
  await client.connect();
  await client.query("create table contract (number bigint constraint number_is_positive check (number > 0))");
});

after(async () => {
  await client?.end();
  await postgres?.stop();
  observer?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The quoted strings between two marks in a source file. */
function listIn(path, begin, end) {
  const [, list] = readFileSync(join(root, path), "utf8").split(begin);
  return list.split(end)[0].match(/"[^"]*"/g);
}

test("what is listed twice is the same", () => {
  const folder = "shared/platform/src/";
  const requestHeaders = listIn(`${folder}serve.rs`, "REQUEST_HEADERS: &[&str] = &[", "];");
  assert.ok(requestHeaders.length > 10);
  assert.deepEqual(listIn(`${folder}workers/entry.mjs`, "REQUEST_HEADERS = new Set([", "])"), requestHeaders);
  const immediateHeaders = listIn(`${folder}serve.rs`, "IMMEDIATE_HEADERS: &[&str] =\n    &[", "];");
  assert.ok(immediateHeaders.length > 3 && immediateHeaders.every((name) => requestHeaders.includes(name)));
  const asked = listIn(`${folder}workers/entry.mjs`, "function writeImmediateHead", "\n}").filter((text) => /[a-z-]{6}/.test(text));
  assert.deepEqual(asked.toSorted(), immediateHeaders);
  const fixedHeaders = listIn(`${folder}serve.rs`, "FIXED_HEADERS: &[(&str, &str)] = &[", "];");
  assert.ok(fixedHeaders.length >= 8);
  assert.deepEqual(listIn(`${folder}workers/respond.mjs`, "FIXED_HEADERS = [", "];"), fixedHeaders);
});

for (const [name, platform] of Object.entries(platforms)) {
  if (process.env.PLATFORM && process.env.PLATFORM !== name) continue;
  describe(name, () => suite(name, platform));
}

function suite(name, platform) {
  let server;
  let reports = 0;

  before(async () => {
    const folder = mkdtempSync(join(dir, `${name}-`));
    server = await platform.start(folder, { DATABASE_URL: postgres.url, UPSTASH_REDIS_REST_TOKEN: "" });
  });
  after(() => server?.stop());

  const get = (path, options) => fetch(server.url + path, options);
  const post = (path, body) => get(path, { method: "POST", body: JSON.stringify(body) });
  const json = async (response) => (await response).json();
  const text = async (response) => (await response).text();
  const query = (...statements) => json(post("/query", { statements }));
  const reportAddress = () => `${observer.url}/report/${name}-${reports++}`;

  /** Opens a stream and leaves after its first chunk. */
  async function leaveAfterFirstChunk(path, body) {
    const request = http.request(server.url + path, { method: body ? "POST" : "GET" });
    request.on("error", () => {});
    request.end(body);
    const [response] = await once(request, "response");
    const [chunk] = await once(response, "data");
    // A reset is what a server notices without writing; a mere close could mean that the client still reads.
    request.socket.resetAndDestroy();
    return chunk.toString();
  }

  test("assignment's golden vectors are reproduced", async () => {
    const groups = JSON.parse(readFileSync(join(root, "shared/assignment/golden.json"), "utf8"));
    let cases = 0;
    for (const group of groups) {
      const explanations = await json(post("/assignments", { definition: group.definition, units: group.cases.map(({ unit }) => unit) }));
      for (const [index, explanation] of explanations.entries()) {
        checkAssignment(explanation, group.cases[index]);
        cases += 1;
      }
    }
    assert.ok(cases > 200, `only ${cases}`);
  });

  test("a request reaches its handler", async () => {
    const target = "/echo?a=b%20c&d=%C3%A9&e=/?x";
    const echo = await json(get(target, { method: "PUT", body: "Grüß Gott, 世界 🌍", headers: { ...HEADERS, "x-other": "dropped", cookie: "a=b" } }));
    assert.equal(echo.method, "PUT");
    assert.equal(echo.target, target);
    assert.equal(echo.body, "Grüß Gott, 世界 🌍");
    assert.deepEqual(Object.fromEntries(echo.headers), HEADERS);
    for (const method of ["GET", "DELETE", "PATCH", "OPTIONS", "POST"]) {
      const { method: seen, body } = await json(get("/echo", { method }));
      assert.deepEqual([seen, body], [method, ""]);
    }
    const { target: bare } = await json(get("/echo?"));
    assert.equal(bare.replace(/\?$/, ""), "/echo");
  });

  test("a body has a limit", async () => {
    const send = (size, chunked) => {
      const bytes = new Uint8Array(size).fill(120);
      const body = chunked ? new Blob([bytes]).stream() : bytes;
      return json(get("/echo", { method: "POST", body, ...(chunked ? { duplex: "half" } : {}) }));
    };
    for (const chunked of [false, true]) {
      const fits = await send(1_000_000, chunked);
      assert.deepEqual([fits.size, fits.too_large], [1_000_000, false]);
      const tooLarge = await send(1_000_001, chunked);
      assert.deepEqual([tooLarge.size, tooLarge.too_large], [0, true]);
    }
    assert.equal((await json(get("/echo"))).too_large, false);
  });

  test("a body that breaks off harms nobody", async () => {
    const socket = net.connect(new URL(server.url).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nbegun");
    await sleep(100);
    socket.destroy();
    await sleep(100);
    assert.equal((await json(get("/echo"))).method, "GET");
  });

  test("an immediate answer comes before the handler", async () => {
    const response = await get("/immediate", { method: "POST", body: "12345", headers: { "x-request-id": "x/y" } });
    assert.equal(response.status, 203);
    assert.equal(response.headers.get("x-immediate"), "x/y");
    assert.equal(response.headers.get("content-type"), "text/plain");
    assert.equal(await response.text(), "POST x/y 5");
    // Without its body the request is the handler's.
    assert.equal((await get("/immediate", { method: "POST", body: "x".repeat(1_000_001) })).status, 404);
  });

  test("answers made at the same time keep their own headers", async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `id-${index}`);
    const seen = await Promise.all(ids.map(async (id) => (await get("/immediate", { headers: { "x-request-id": id } })).headers.get("x-immediate")));
    assert.deepEqual(seen, ids);
  });

  test("a complete body has a length", async () => {
    const response = await get("/fixed?size=70000");
    assert.equal(response.headers.get("content-length"), "70000");
    assert.equal(response.headers.get("x-fixed"), "one: 1");
    assert.equal(response.headers.get("vary"), "origin, accept");
    assert.equal(response.headers.get("cache-control"), "max-age=60");
    assert.equal((await response.text()).length, 70_000);
    const head = await get("/fixed?size=10", { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    const empty = await get("/fixed?size=0&status=204");
    assert.deepEqual([empty.status, await empty.text()], [204, ""]);
    assert.equal((await get("/fixed?size=3&status=418")).status, 418);
    assert.equal((await get("/fixed?size=x")).status, 400);
    assert.equal((await get("/no-such-route")).status, 404);
  });

  function isGuarded({ headers, url }) {
    const guards = {
      "referrer-policy": "no-referrer",
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    };
    for (const [header, value] of Object.entries(guards)) assert.equal(headers.get(header), value, `${header} of ${url.slice(0, 200)}`);
  }

  test("an isolate practises before its first request, where it is compiled as it runs", async () => {
    assert.deepEqual(JSON.parse(await text(get("/practised"))), platform.practises ? [1, 1] : [0, 0]);
    await sleep(200);
    const said = server.output().split("\n").map((line) => objectIn(line)?.message);
    const count = (message) => said.filter((one) => one === message).length;
    assert.deepEqual([count("practised"), count("beyond")], [1, 0]);
  });

  test("a practice that fails costs nothing but itself", { skip: !platform.practises }, async () => {
    const bundle = join(dir, "failing");
    cpSync(platform.bundle, bundle, { recursive: true });
    const entry = readFileSync(join(bundle, "entry.mjs"), "utf8");
    const failing = entry.replace("wasm.warmUp();", "$& throw new WebAssembly.RuntimeError('unreachable');");
    assert.notEqual(failing, entry);
    writeFileSync(join(bundle, "entry.mjs"), failing);
    const other = await startBundle(bundle, {}, bundle);
    try {
      assert.equal(await text(fetch(`${other.url}/practised`)), "[0,0]");
      assert.match(other.output(), /function failed.*unreachable/);
    } finally {
      await other.stop();
    }
  });

  test("every response is guarded", { skip: !platform.isDeployed }, async () => {
    for (const path of ["/immediate", "/echo", "/stream?count=1", "/nowhere"]) isGuarded(await get(path));
  });

  // Elsewhere the host refuses it itself.
  test("what is not valid HTTP reaches the handler to be refused", { skip: name !== "workerd" }, async () => {
    const socket = net.connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.end("PUT /echo?a HTTP/1.1\r\nhost: a\r\naccept: a\x01b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    assert.match(answer, /^HTTP\/1.1 400 /);
    assert.deepEqual(JSON.parse(answer.split("\r\n\r\n")[1]), { refused: "Malformed", method: "PUT", path: "/echo" });
  });

  test("a stream arrives as it is made", async () => {
    const start = performance.now();
    const response = await get("/stream?count=5&delay_ms=100");
    const arrivals = [];
    for await (const chunk of response.body) arrivals.push([Buffer.from(chunk).toString(), performance.now() - start]);
    assert.deepEqual(arrivals.map(([line]) => line), ["0\n", "1\n", "2\n", "3\n", "4\n"]);
    assert.ok(arrivals[0][1] < arrivals[4][1] - 300, `first after ${arrivals[0][1]} ms, last after ${arrivals[4][1]} ms`);
  });

  test("a long stream arrives whole", async () => {
    const body = await text(get("/stream?count=200&size=65536"));
    assert.equal(body.length, 200 * 65_536);
    assert.ok(body.endsWith("."));
    assert.equal(await text(get("/stream?count=0")), "");
  });

  test("a stream is made no faster than it is read", async () => {
    // Six gigabytes, of which nobody reads more than the first piece.
    const request = http.get(`${server.url}/stream?count=100000&size=65536`);
    const response = await new Promise((resolve) => request.on("response", resolve));
    response.pause();
    await sleep(500);
    assert.equal(await text(get("/fixed?size=2")), "xx");
    request.destroy();
    assert.equal(await text(get("/fixed?size=2")), "xx");
  });

  test("a stream that fails is seen to be broken", async () => {
    const response = await get("/stream/broken");
    assert.equal(response.status, 200);
    await assert.rejects(response.text());
  });

  test("work goes on after a stream", async () => {
    const report = reportAddress();
    assert.equal(await text(get(`/stream/watched?report=${report}&count=3&delay_ms=20`)), "0\n1\n2\n");
    await observer.seen(`reported:${new URL(report).pathname}?event=dropped`);
  });

  test("a client that leaves ends the stream, and work goes on", async () => {
    for (const delay of [50, 60_000]) {
      const report = reportAddress();
      const start = performance.now();
      assert.equal(await leaveAfterFirstChunk(`/stream/watched?report=${report}&count=1000&delay_ms=${delay}`), "0\n");
      const end = await observer.seen(`reported:${new URL(report).pathname}?event=dropped`);
      assert.ok(end - start < 3_000, `${end - start} ms`);
    }
  });

  test("a request of our own brings its response", async () => {
    const sent = { url: `${observer.url}/echo?q=%C3%A9`, method: "POST", headers: { "x-api-key": "k", "content-type": "text/plain" }, body: "Grüße 🌍" };
    const { status, headers, body } = await json(post("/fetch", sent));
    assert.equal(status, 200);
    assert.equal(headers.filter(([header]) => header === "x-repeated").map(([, value]) => value).join(", "), "one, two");
    const seen = JSON.parse(body);
    assert.deepEqual([seen.method, seen.target, seen.body], ["POST", "/echo?q=%C3%A9", "Grüße 🌍"]);
    assert.equal(seen.headers["x-api-key"], "k");
    assert.equal(seen.headers["content-length"], String(Buffer.byteLength(sent.body)));
    assert.equal(seen.headers.host, new URL(observer.url).host);
    const plain = JSON.parse((await json(post("/fetch", { url: `${observer.url}/echo` }))).body);
    assert.deepEqual([plain.method, plain.body, plain.headers["content-length"]], ["GET", "", undefined]);
  });

  test("any status is a response", async () => {
    const missing = await json(post("/fetch", { url: `${observer.url}/missing` }));
    assert.deepEqual([missing.status, missing.body], [404, "nothing here"]);
    assert.equal((await json(post("/fetch", { url: `${observer.url}/redirect` }))).status, 302);
  });

  test("what goes wrong with a request has a name", async () => {
    const failing = [
      [{ url: `http://127.0.0.1:${await freePort()}/` }, "connect"],
      [{ url: "http://no-such-host.invalid/" }, "connect"],
      [{ url: "nonsense" }, "invalid"],
      [{ url: `${observer.url}/broken` }, "interrupted"],
      [{ url: `${observer.url}/large`, limit: 1000 }, "too_large"],
      [{ url: `${observer.url}/stuck?${name}`, idle_timeout_ms: 200 }, "timeout"],
      [{ url: `${observer.url}/silent?${name}`, head_timeout_ms: 200 }, "timeout"],
    ];
    for (const [wanted, expected] of failing) {
      const answer = await json(post("/fetch", wanted));
      assert.equal(answer.error, expected, JSON.stringify([wanted, answer]));
    }
    await observer.seen(`closed:/stuck?${name}`);
    await observer.seen(`closed:/silent?${name}`);
  });

  test("a response is passed on as it arrives", async () => {
    const start = performance.now();
    const response = await post("/fetch/relay", { url: `${observer.url}/slow` });
    const times = [];
    let body = "";
    for await (const chunk of response.body) {
      body += Buffer.from(chunk).toString();
      times.push(performance.now() - start);
    }
    assert.equal(body, "0\n1\n2\n3\n4\n");
    assert.ok(times[0] < times.at(-1) - 250, times.join(" "));
  });

  test("a response nobody wants any more is aborted", async () => {
    const address = `${observer.url}/stuck?first-${name}`;
    assert.equal(await text(post("/fetch/first", { url: address })), "begun");
    await observer.seen(`closed:/stuck?first-${name}`);
    const body = JSON.stringify({ url: `${observer.url}/stuck?relay-${name}` });
    assert.equal(await leaveAfterFirstChunk("/fetch/relay", body), "begun");
    await observer.seen(`closed:/stuck?relay-${name}`);
  });

  test("a statement gives rows", async () => {
    const document = { text: "日本 'quoted' \" \\ \u0001", list: [1, null, { a: -0.5 }] };
    const scalars = ["Grüße 🌍 ' \" \\", 9007199254740991, -1.5e-7, true, document];
    const names = ["text", "integer", "float", "boolean", "json"];
    const nulls = [null, null, null, null, null];
    assert.deepEqual(await query(["scalars", scalars]), [[Object.fromEntries(names.map((key, index) => [key, scalars[index]]))]]);
    assert.deepEqual(await query(["scalars", nulls]), [[Object.fromEntries(names.map((key) => [key, null]))]]);
    assert.deepEqual(await query(["scalars", ["", 0, 0, false, "text"]]), [[{ text: "", integer: 0, float: 0, boolean: false, json: "text" }]]);
    assert.deepEqual(await query(["untyped", [{ a: "x" }, "y", 3, true, 5]]), [[["x", "y", 3, "$1", true, 2.5]]]);
    assert.deepEqual(await query(["null", []], ["nothing", []], ["series", [3]]), [[null], [], [1, 2, 3]]);
    const [rows] = await query(["series", [10_000]]);
    assert.deepEqual([rows.length, rows.at(-1)], [10_000, 10_000]);
  });

  test("a request's statements share a connection", async () => {
    const [[first], [second]] = await query(["session", []], ["session", []]);
    assert.equal(first, second);
  });

  test("a refused statement says why, and the connection stays", async () => {
    const [refused, rows] = await query(["divide", [0]], ["divide", [1]]);
    assert.deepEqual(refused, { refused: "22012", statement: "divide", constraint: null });
    assert.deepEqual(rows, [1]);
    const [inserted, violated] = await query(["insert", [7]], ["insert", [-7]]);
    assert.deepEqual(inserted, [7]);
    assert.deepEqual(violated, { refused: "23514", statement: "insert", constraint: "number_is_positive" });
  });

  test("a database out of reach is unavailable", async () => {
    const closed = `postgres://user:secret-word@127.0.0.1:${await freePort()}/none?sslmode=disable`;
    for (const url of [closed, postgres.url.replace(/:[^:@]+@/, ":wrong@"), "nonsense"]) {
      const [{ unavailable }] = await json(post("/query", { url, statements: [["null", []]] }));
      assert.equal(typeof unavailable, "string", url);
      assert.ok(!unavailable.includes("secret-word"), unavailable);
    }
    assert.deepEqual(await query(["null", []]), [[null]]);
  });

  test("a broken connection is opened anew for a read", async () => {
    assert.deepEqual(await query(["null", []]), [[null]]);
    await client.query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'");
    assert.deepEqual(await query(["null", []]), [[null]]);
  });

  test("the clock tells the time and waits", async () => {
    assert.ok(Math.abs(Number(await text(get("/time"))) - Date.now()) < 2_000);
    const start = performance.now();
    const slept = Number(await text(get("/sleep?ms=150")));
    assert.ok(slept >= 145 && slept < 1_000, `${slept} ms`);
    assert.ok(performance.now() - start >= 145);
    assert.deepEqual(await json(get("/timeout?ms=100")), [true, true]);
  });

  test("random bytes are random", async () => {
    const drawn = await Promise.all(Array.from({ length: 5 }, () => text(get("/random"))));
    assert.ok(drawn.every((bytes) => /^[0-9a-f]{64}$/.test(bytes)));
    assert.equal(new Set(drawn).size, 5);
  });

  test("settings are read, and an empty one is absent", async () => {
    assert.equal(await json(get("/setting?name=DATABASE_URL")), postgres.url);
    assert.equal(await json(get("/setting?name=UPSTASH_REDIS_REST_TOKEN")), null);
    assert.equal(await json(get("/setting?name=UPSTASH_REDIS_REST_URL")), null);
  });

  test("work goes on after the response", async () => {
    const report = reportAddress();
    assert.equal(await text(get(`/task?report=${report}`, { method: "POST" })), "answered");
    const answered = performance.now();
    const { pathname } = new URL(report);
    assert.ok((await observer.seen(`reported:${pathname}?event=first`)) > answered);
    await observer.seen(`reported:${pathname}?event=second`);
  });

  test("a log line is one JSON object", async () => {
    const message = `logged by ${name}: "ü"`;
    await text(get(`/log?message=${encodeURIComponent(message)}`));
    await sleep(200);
    const lines = server.output().split("\n").map(objectIn).filter((line) => line?.message === message);
    assert.deepEqual(lines.map(({ level }) => level).sort(), ["error", "info", "warn"]);
    const info = lines.find(({ level }) => level === "info");
    assert.deepEqual([info.duration_ms, info.nested], [3, { a: [1, null] }]);
    assert.ok(Math.abs(info.time_ms - Date.now()) < 5_000);
    assert.equal(lines.find(({ level }) => level === "error").name, 'quotes " and\nlines');
  });

  test("requests run side by side", async () => {
    const start = performance.now();
    await Promise.all(Array.from({ length: 30 }, () => text(get("/sleep?ms=300"))));
    assert.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`);
  });

  test("an instance remembers, or is new", async () => {
    const [first, second] = [Number(await text(get("/calls"))), Number(await text(get("/calls")))];
    assert.equal(second, platform.remembers ? first + 1 : 0);
  });

  test("a panic, or too deep a recursion, costs one request and leaves a fresh instance", { skip: !platform.isDeployed }, async () => {
    for (const path of ["/panic", "/recurse", "/panic", "/recurse"]) {
      const response = await get(path);
      assert.equal(response.status, 500);
      if (platform.saysThatItFailed) {
        isGuarded(response);
        assert.deepEqual(await response.json(), { refused: "Failed", method: "GET", path });
      }
      assert.equal(await text(get("/calls")), "0");
      assert.deepEqual(await query(["null", []]), [[null]]);
      assert.equal(await text(get("/stream?count=2")), "0\n1\n");
    }
  });
}

/** The JSON object in a line of output, which some platforms put something in front of. */
function objectIn(line) {
  try {
    return JSON.parse(line.slice(line.indexOf("{")));
  } catch {
    return null;
  }
}
