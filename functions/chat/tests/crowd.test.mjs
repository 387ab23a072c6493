/**
 * Many answers at once from one process that has only just begun: none is lost, and none is another's.
 *
 *   sh dev/node.sh --test functions/chat/tests/crowd.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
