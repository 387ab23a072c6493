/**
 * How long a model is waited for: each of the four time-outs as it is set, and what the caller hears and the
 * conversation keeps.
 *
 *   sh dev/node.sh --test functions/chat/tests/timeouts.test.mjs
 */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { startModels } from "./models.mjs";

const CONNECT_MS = 700;
const FIRST_TOKEN_MS = 1_200;
const IDLE_MS = 600;
const TOTAL_MS = 2_500;
/** What a busy machine may add. */
const LATE_MS = 2_000;

let models, api, mute;

before(async () => {
  const timeouts = {
    LLM_CONNECT_TIMEOUT_MS: String(CONNECT_MS),
    LLM_FIRST_TOKEN_TIMEOUT_MS: String(FIRST_TOKEN_MS),
    LLM_IDLE_TIMEOUT_MS: String(IDLE_MS),
    LLM_TOTAL_TIMEOUT_MS: String(TOTAL_MS),
  };
  models = await startModels(timeouts);
  api = models.api;
  // Takes every connection, and says nothing.
  mute = createServer(() => {});
  await new Promise((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const mute_url = `http://127.0.0.1:${mute.address().port}/v1`;
  const { status } = await api.call("PUT", "/api/providers/custom-mute", { api_key: "sk-0123456789", base_url: mute_url });
  assert.equal(status, 200);
});

after(async () => {
  mute?.close();
  await models?.stop();
});

/** Model, the time that is used up, what the stored answer says, and whether anything was heard. */
const CASES = [
  ["a server that takes the connection and says nothing", "custom-mute/model", CONNECT_MS, "timeout_head", false],
  ["a response without a head", "openai/mock-slow-head:head=9000", CONNECT_MS, "timeout_head", false],
  ["a head and never a token", "openai/mock-silent", FIRST_TOKEN_MS, "timeout_first_token", false],
  ["single bytes that make no token", "openai/mock-drip", FIRST_TOKEN_MS, "timeout_first_token", false],
  ["silence between two tokens", "anthropic/mock-stall", IDLE_MS, "timeout_idle", true],
  ["tokens without an end", "gemini/mock-ok:words=1000,delay=50", TOTAL_MS, "timeout_total", true],
];

for (const [title, model, limitMs, why, isHeard] of CASES) {
  test(`${title}: ${why}`, async () => {
    const stream = await api.say({ message: "hello", model });
    const { event, data, at } = stream.events.at(-1);
    assert.deepEqual([event, data.code], ["error", "provider_timeout"]);
    assert.ok(at >= limitMs - 50 && at < limitMs + LATE_MS, `${at} ms`);
    assert.equal(stream.text().length > 0, isHeard);
    const stored = await api.lastMessage(stream.events[0].data.conversation_id, 3_000);
    assert.deepEqual([stored.status, stored.error_code, stored.content], ["failed", why, stream.text()]);
  });
}

test("each token starts the wait for the next anew", async () => {
  const stream = await api.say({ message: "hello", model: "openai/mock-ok:words=4,delay=450" });
  assert.equal(stream.events.at(-1).event, "done", JSON.stringify(stream.events.at(-1)));
});
