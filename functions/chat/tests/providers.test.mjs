/**
 * Teams' own keys, and what providers do that no documentation mentions, seen from the outside: keys are used and
 * changed, and every wire case ends with an answer that is counted right, or with an error and a stored part.
 *
 *   sh dev/node.sh --test functions/chat/tests/providers.test.mjs
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { root } from "../../../dev/processes.mjs";
import { keyOf, startModels } from "./models.mjs";

const prices = JSON.parse(readFileSync(join(root, "shared/prices/model-prices.json"), "utf8"));

let models, api;

before(async () => {
  models = await startModels();
  api = models.api;
});

after(() => models?.stop());

const ask = (model) => api.call("POST", "/api/chat", { message: "hello", model, stream: false });
/** How long an isolate may go on with what it has in memory. */
const UNTIL_KNOWN_MS = 1_600;
const FORMATS = ["openai", "anthropic", "gemini"];

/** One answer of each wire format. */
async function each(behaviour, check) {
  await Promise.all(FORMATS.map(async (provider) => check(provider, await api.say({ message: "hello", model: `${provider}/${behaviour}` }))));
}

const last = (stream, event) => stream.events.findLast((one) => one.event === event)?.data;

describe("a provider key", () => {
  test("is what the provider gets, and a new one takes its place within two seconds", async () => {
    for (const key of ["sk-first-0123456789", "sk-second-0123456789"]) {
      await models.setKey("custom-mock", key);
      await sleep(UNTIL_KNOWN_MS);
      assert.equal((await ask(`custom-mock/mock-ok`)).status, 200);
      assert.equal((await models.requests("mock-ok")).at(-1).key, key);
    }
    await models.setKey("custom-mock");
  });

  test("is encrypted in the database, and in no answer", async () => {
    const client = new pg.Client(models.databaseUrl);
    await client.connect();
    const { rows } = await client.query("select row_to_json(providers)::text as text from providers");
    const audited = await client.query("select row_to_json(audit)::text as text from audit where action like 'provider.%'");
    await client.end();
    assert.equal(rows.length, 4);
    for (const { text } of [...rows, ...audited.rows]) assert.ok(!/sk-\w+-0123/.test(text), text);
    const { body } = await api.call("GET", "/api/providers");
    assert.ok(!JSON.stringify(body).includes(keyOf("openai")));
    assert.deepEqual([...new Set(body.data.map(({ last_four }) => last_four))], ["6789"]);
  });

  test("opens the models of its provider and no others", async () => {
    const mistral = { api_key: "sk-0123456789", base_url: "https://models.example.com/v1" };
    await api.call("PUT", "/api/providers/custom-other", mistral);
    await sleep(UNTIL_KNOWN_MS);
    const { status, body } = await ask("a-model-of-nobody");
    assert.deepEqual([status, body.errors[0].field, body.errors[0].code], [422, "model", "unknown_model"]);
    assert.match(body.detail, /custom-mock/);
    await api.call("DELETE", "/api/providers/custom-other");
    await sleep(UNTIL_KNOWN_MS);
    assert.equal((await ask("a-model-of-nobody")).status, 200, "the team's only endpoint answers for what is nobody else's");
  });
});

describe("an answer is counted", () => {
  const usageOf = async (model) => {
    const stream = await api.say({ message: "hello", model });
    assert.equal(last(stream, "done")?.finish_reason, "stop", `${model}: ${JSON.stringify(stream.events.at(-1))}`);
    return last(stream, "usage");
  };

  for (const behaviour of ["mock-usage-last-choice", "mock-usage-empty-choices", "mock-usage-every-chunk"]) {
    test(`with ${behaviour}`, async () => {
      const usage = await usageOf(`openai/${behaviour}`);
      assert.deepEqual([usage.tokens_in, usage.tokens_out, usage.cached_tokens_in, usage.tokens_estimated], [31, 17, 8, false]);
    });
  }

  test("with Anthropic's cache reads in message_delta", async () => {
    const usage = await usageOf("anthropic/mock-cached");
    assert.deepEqual([usage.tokens_in, usage.cached_tokens_in, usage.tokens_out], [262_960, 257_955, 1_744]);
  });

  test("with Gemini's cached tokens, at the price of the table", async () => {
    await models.behave("gemini-2.5-pro", "mock-cached");
    const usage = await usageOf("gemini-2.5-pro");
    assert.deepEqual([usage.tokens_in, usage.cached_tokens_in, usage.tokens_out], [262_960, 257_955, 1_744]);
    const price = prices.find(({ model }) => model === "gemini-2.5-pro");
    const lines = [[262_960 - 257_955, price.input_usd_per_mtok], [257_955, price.cached_input_usd_per_mtok], [1_744, price.output_usd_per_mtok]];
    const expected = lines.reduce((sum, [tokens, usd]) => sum + tokens * usd, 0) / 1e6;
    assert.ok(Math.abs(usage.cost_usd - expected) < 1e-9, `${usage.cost_usd} is not ${expected}`);
  });
});

describe("what breaks", () => {
  const broken = {
    "mock-429-midstream": "provider_error",
    "mock-error-midstream": "provider_error",
    "mock-cut-half-event": "provider_error",
    "mock-end-early": "provider_error",
    "mock-stall": "provider_timeout",
  };
  for (const [behaviour, code] of Object.entries(broken)) {
    test(`${behaviour} ends with an error, and what came is stored`, async () => {
      await each(behaviour, async (provider, stream) => {
        const error = last(stream, "error");
        assert.equal(error?.code, code, `${provider}: ${JSON.stringify(stream.events.at(-1))}`);
        assert.ok(stream.text().length > 0, `${provider}: nothing came`);
        const stored = await api.lastMessage(last(stream, "meta").conversation_id, 3_000);
        assert.deepEqual([stored.status, stored.content], ["failed", stream.text()], provider);
      });
    });
  }

  test("one byte a second is given up", async () => {
    const stream = await api.say({ message: "hello", model: "openai/mock-drip" });
    assert.equal(last(stream, "error").code, "provider_timeout");
    assert.ok(stream.events.at(-1).at < 4_000, `${stream.events.at(-1).at} ms`);
  });

  test("a page of HTML with status 200 is no answer", async () => {
    for (const behaviour of ["mock-html-200", "mock-html-as-events"]) {
      const { status, body } = await ask(`openai/${behaviour}`);
      assert.deepEqual([status, body.code], [502, "provider_error"]);
      assert.ok(!JSON.stringify(body).includes("<"), body.detail);
    }
  });
});
