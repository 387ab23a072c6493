/**
 * Many answers at once from one process that has only just begun: none is lost, and none is another's.
 *
 *   sh dev/node.sh --test functions/chat/tests/crowd.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startModels } from "./models.mjs";

const MANY = 300;
/** Longer than it takes until all of them stream. */
const MODEL = "mock-ok:first=200,delay=500,words=12";

let models, api;

before(async () => {
  // The machine may be busy, the models are not: what is lost here is lost by us.
  const patient = { LLM_FIRST_TOKEN_TIMEOUT_MS: "60000", LLM_IDLE_TIMEOUT_MS: "60000", CHAT_CONCURRENT_STREAMS: String(MANY) };
  models = await startModels(patient);
  api = models.api;
});

after(() => models?.stop());

test("a crowd that comes to a new isolate is answered to the last", async () => {
  const streams = await Promise.all(Array.from({ length: MANY }, (_, index) => api.say({ message: `I am number ${index}`, model: MODEL })));
  const lost = streams.filter(({ status, events }) => status !== 200 || events.at(-1).event !== "done");
  assert.deepEqual(lost.map(({ status, body, events }) => ({ status, body, last: events.at(-1) })), []);
  assert.deepEqual(new Set(streams.map(({ text }) => text())).size, 1, "all say the same");
  const ids = streams.map(({ events }) => events[0].data.conversation_id);
  assert.equal(new Set(ids).size, MANY);
  const titles = await Promise.all(ids.slice(0, 20).map((id) => api.call("GET", `/api/conversations/${id}`)));
  assert.deepEqual(titles.map(({ body }) => body.messages[0].content), titles.map((_, index) => `I am number ${index}`));
});

test("slow answers under an idempotency key leave the database to others", async () => {
  // More than an isolate has connections.
  const model = "mock-ok:first=4000,words=2";
  const headers = { authorization: `Bearer ${models.key}`, "content-type": "application/json" };
  const ask = (index) =>
    fetch(`${models.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers, "idempotency-key": `crowd-${index}` },
      body: JSON.stringify({ model, messages: [{ role: "user", content: `I am number ${index}` }] }),
    });
  const answers = Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)));
  while ((await models.requests(model)).length < 40) await sleep(50);
  const began = performance.now();
  const { status } = await api.call("GET", "/api/conversations?limit=1");
  assert.equal(status, 200);
  assert.ok(performance.now() - began < 2_000, "others wait for the answers");
  assert.deepEqual(new Set((await answers).map((answer) => answer.status)), new Set([200]));
});
