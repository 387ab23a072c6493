/**
 * A caller's trace goes on to the model's provider, is found in the inference and in the log, and where there is a
 * receiver its spans are exported.
 *
 *   sh dev/node.sh --test functions/chat/tests/tracing.test.mjs
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import pg from "pg";
import { startWorkerd } from "../../../dev/workerd.mjs";
import { startModels } from "./models.mjs";

let models;

before(async () => {
  models = await startModels({}, ["ingest"]);
});

after(() => models?.stop());

/** What each interface is asked. */
const ROUTES = {
  "/api/chat": (model) => ({ message: "hello", model, stream: false }),
  "/v1/chat/completions": (model) => ({ messages: [{ role: "user", content: "hello" }], model }),
};

/** Asks with a header, and says what the provider got of it. */
async function ask(path, model, traceparent) {
  const headers = { "x-api-key": models.key, "content-type": "application/json", traceparent };
  const response = await fetch(models.url + path, { method: "POST", headers, body: JSON.stringify(ROUTES[path](model)) });
  assert.equal(response.status, 200, await response.text());
  const [request] = await models.requests(model);
  return { passed: request.headers.traceparent, requestId: response.headers.get("x-request-id") };
}

/** What is stored of a request's inference, once the streams are empty. */
async function inference(requestId) {
  const client = new pg.Client(models.databaseUrl);
  await client.connect();
  try {
    const deadline = Date.now() + 20_000;
    for (;;) {
      await models.api.call("POST", "/api/ingest/drain", {});
      const { rows } = await client.query("select trace_id, span_id, parent_span_id from inferences where request_id = $1", [requestId]);
      if (rows.length > 0) return { ...rows[0] };
      assert.ok(Date.now() < deadline, "the inference was not stored");
    }
  } finally {
    await client.end();
  }
}

/** The log's lines about a request. */
function lines(requestId) {
  const found = models.log().split("\n").filter((line) => line.includes(requestId));
  return found.map((line) => JSON.parse(line.slice(line.indexOf("{"))));
}

for (const path of Object.keys(ROUTES)) {
  test(`${path} goes on with a trace`, async () => {
    const [traceId, parent] = [randomBytes(16).toString("hex"), `a${randomBytes(8).toString("hex").slice(1)}`];
    const { passed, requestId } = await ask(path, `mock-ok:words=${path.length}`, `00-${traceId}-${parent}-01`);
    const [, span] = passed.match(new RegExp(`^00-${traceId}-([0-9a-f]{16})-01$`)) ?? assert.fail(passed);
    assert.notEqual(span, parent);
    assert.deepEqual(await inference(requestId), { trace_id: traceId, span_id: span, parent_span_id: parent });
    const about = lines(requestId);
    const messages = about.map(({ message }) => message).sort();
    assert.deepEqual(messages, [path === "/api/chat" ? "answer ended" : "completion ended", "request"]);
    for (const line of about) assert.equal(line.trace_id, traceId, line.message);
  });

  test(`${path} ignores what is no trace`, async () => {
    const header = `00-${"A".repeat(32)}-${"b".repeat(16)}-01`;
    const { passed, requestId } = await ask(path, `mock-ok:words=1,delay=${path.length}`, header);
    assert.equal(passed, undefined);
    assert.deepEqual(await inference(requestId), { trace_id: null, span_id: null, parent_span_id: null });
    for (const line of lines(requestId)) assert.equal(line.trace_id ?? null, null, line.message);
  });
}

/** Receives spans as a collector does. What comes before `isDown` is false again is refused. */
async function startReceiver() {
  const received = { requests: [], isDown: false };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    received.requests.push({ method: request.method, url: request.url, headers: request.headers, body: JSON.parse(text) });
    response.writeHead(received.isDown ? 503 : 200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { ...received, received, url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

const valueOf = ({ stringValue, intValue }) => stringValue ?? Number(intValue);
const attributesOf = (attributes) => Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));

/** All spans that came of a trace, with the service that made each. */
function spansOf(receiver, traceId) {
  const resources = receiver.received.requests.flatMap(({ body }) => body.resourceSpans);
  const spans = resources.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, resource: attributesOf(resource.attributes), attributes: attributesOf(span.attributes) }))),
  );
  return spans.filter((span) => span.traceId === traceId);
}

test("spans of a sampled trace are exported, after the answer", async (t) => {
  const receiver = await startReceiver();
  const functions = ["gateway", "prompts", "resolve-prompt", "chat", "ingest"];
  const vars = { ...models.vars, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_HEADERS: "x-team=a%20b" };
  const server = await startWorkerd({ dir: models.dir, vars, label: "traced", only: functions });
  t.after(() => (receiver.stop(), server.stop()));
  const call = async (path, body, trace = {}) => {
    const headers = { "x-api-key": models.key, "content-type": "application/json", ...trace };
    const response = await fetch(server.url + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  };
  const drain = () => call("/api/ingest/drain", {});
  const arrived = async (traceId, count) => {
    const deadline = Date.now() + 20_000;
    for (;;) {
      await drain();
      const spans = spansOf(receiver, traceId);
      if (spans.length >= count) return spans;
      assert.ok(Date.now() < deadline, `${spans.length} spans of ${count}: ${spans.map(({ name }) => name)}`);
    }
  };
  assert.equal((await call("/api/prompts", { name: "traced" })).status, 201);
  const version = { type: "text", template_text: "Be brief.", model_id: "mock-ok:words=3" };
  const { version_id } = JSON.parse((await call("/api/prompts/traced/versions", version)).text);
  await call("/api/prompts/traced/promote", { version_id, environment: "production" });

  const trace = (flags) => {
    const [traceId, parent] = [randomBytes(16).toString("hex"), `b${randomBytes(8).toString("hex").slice(1)}`];
    return { traceId, parent, header: { traceparent: `00-${traceId}-${parent}-${flags}` } };
  };

  await t.test("a chat is a server's span with what it did inside", async () => {
    const { traceId, parent, header } = trace("01");
    const before = Date.now();
    assert.equal((await call("/api/chat", { message: "hello", prompt: "traced", stream: false }, header)).status, 200);
    const spans = await arrived(traceId, 5);
    const after = Date.now();
    const named = Object.fromEntries(spans.map((span) => [`${span.name} ${span.attributes["db.operation.name"] ?? ""}`.trim(), span]));
    assert.deepEqual(Object.keys(named).sort(), ["POST /api/chat", "chat mock-ok:words=3", "resolve", "store messages/finish", "store messages/start"]);
    const server = named["POST /api/chat"];
    assert.equal(server.parentSpanId, parent);
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 5);
    for (const span of spans) {
      assert.match(span.spanId, /^[0-9a-f]{16}$/);
      if (span !== server) assert.equal(span.parentSpanId, server.spanId, span.name);
      const [began, ended] = [span.startTimeUnixNano, span.endTimeUnixNano].map((nanoseconds) => Number(BigInt(nanoseconds) / 1_000_000n));
      assert.ok(before <= began && began <= ended && ended <= after, span.name);
      assert.deepEqual(span.status, {});
      assert.equal(span.resource["service.name"], "promptlab-chat");
      assert.equal(span.resource["service.namespace"], "promptlab");
      assert.ok(span.attributes["promptlab.team.id"].startsWith("team_"));
    }
    assert.deepEqual([server.kind, server.attributes["http.route"], server.attributes["http.response.status_code"]], [2, "/api/chat", 200]);
    const model = named["chat mock-ok:words=3"];
    assert.deepEqual([model.kind, model.attributes["gen_ai.usage.output_tokens"] > 0], [3, true]);
    // The provider was told of the span that is exported.
    const [asked] = await models.requests("mock-ok:words=3");
    assert.equal(asked.headers.traceparent, `00-${traceId}-${model.spanId}-01`);
    assert.equal(named.resolve.attributes["promptlab.version.id"], version_id);
    const request = receiver.received.requests.at(-1);
    assert.deepEqual([request.method, request.url, request.headers["x-team"]], ["POST", "/v1/traces", "a b"]);
  });

  await t.test("so is what the hot path resolves", async () => {
    for (let warm = 0; warm < 3; warm += 1) await call("/api/resolve/traced");
    const { traceId, parent, header } = trace("01");
    assert.equal((await call("/api/resolve/traced", undefined, header)).status, 200);
    const [span] = await arrived(traceId, 1);
    assert.deepEqual([span.name, span.parentSpanId, span.resource["service.name"]], ["GET /api/resolve/{prompt}", parent, "promptlab-resolve-prompt"]);
  });

  await t.test("a model that fails is an error", async () => {
    const { traceId, header } = trace("01");
    await call("/api/chat", { message: "hello", model: "mock-400", stream: false }, header);
    const spans = await arrived(traceId, 4);
    const model = spans.find(({ name }) => name === "chat mock-400");
    assert.deepEqual(model.status, { code: 2 });
    assert.ok(model.attributes["error.type"]);
  });

  await t.test("what is not sampled, or has no trace, leaves no spans", async () => {
    const { traceId, header } = trace("00");
    await call("/api/chat", { message: "hello", model: "mock-ok:words=1", stream: false }, header);
    const { traceId: later, header: sampled } = trace("01");
    await call("/api/resolve/traced", undefined, sampled);
    await arrived(later, 1);
    assert.deepEqual(spansOf(receiver, traceId), []);
  });

  await t.test("a receiver that is down costs nobody an answer, and no event", async () => {
    receiver.received.isDown = true;
    const { header } = trace("01");
    assert.equal((await call("/api/chat", { message: "hello", model: "mock-ok:words=1", stream: false }, header)).status, 200);
    const refused = receiver.received.requests.length;
    const deadline = Date.now() + 20_000;
    while (receiver.received.requests.length === refused) {
      assert.ok(Date.now() < deadline);
      assert.equal((await drain()).status, 200);
    }
    assert.equal(JSON.parse((await drain()).text).is_empty, true);
    receiver.received.isDown = false;
  });
});
