/**
 * A caller's trace goes on to the model's provider, and is found in the inference and in the log.
 *
 *   sh dev/node.sh --test functions/chat/tests/tracing.test.mjs
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import pg from "pg";
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
