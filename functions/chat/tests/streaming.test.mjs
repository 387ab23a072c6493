/**
 * Chat on workerd, against a model server with scripted behaviour: that answers stream, that a client may leave at
 * any time, and that what goes wrong is said and stored.
 *
 *   sh dev/node.sh --test functions/chat/tests/streaming.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildFunctions } from "../../../dev/functions.mjs";
import { root } from "../../../dev/processes.mjs";
import { startStack } from "../../../dev/stack.mjs";
import { startWorkerd } from "../../../dev/workerd.mjs";
import { client } from "./client.mjs";

const FUNCTIONS = ["gateway", "chat", "prompts"];
const PROVIDER_KEY = "sk-chat-test";

let dir, mock, mockUrl, stack, api;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-chat-"));
  await buildFunctions({ names: FUNCTIONS, quiet: true });
  mock = spawn(process.execPath, [join(root, "tests/mock-models/server.mjs"), "--watch-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
  [mockUrl] = (await once(mock.stdout, "data")).map((line) => JSON.parse(String(line)).url);
  const vars = { LLM_BASE_URL: `${mockUrl}/v1`, LLM_API_KEY: PROVIDER_KEY, LLM_FIRST_TOKEN_TIMEOUT_MS: "1500", LLM_IDLE_TIMEOUT_MS: "700", CHAT_REQUESTS_PER_HOUR: "100000" };
  stack = await startStack({ dir, vars, only: FUNCTIONS });
  api = client({ url: stack.url, key: stack.adminKey });
});

after(async () => {
  await stack?.stop();
  mock?.stdin.end();
  rmSync(dir, { recursive: true, force: true });
});

/** The requests that the model server has got for `model`. */
async function providerRequests(model) {
  const response = await fetch(`${mockUrl}/__requests?key=${PROVIDER_KEY}`);
  return (await response.json()).requests.filter((request) => request.model === model);
}

/** A prompt whose version is live. @returns {Promise<{prompt_id: string, version_id: string}>} */
async function makeLive(name, version) {
  const prompt = await api.call("POST", "/api/prompts", { name });
  assert.equal(prompt.status, 201, JSON.stringify(prompt.body));
  return { prompt_id: prompt.body.id, ...(await promote(name, version)) };
}

async function promote(name, version) {
  const made = await api.call("POST", `/api/prompts/${name}/versions`, version);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { version_id } = made.body;
  const moved = await api.call("POST", `/api/prompts/${name}/promote`, { version_id, environment: "production" });
  assert.equal(moved.status, 200, JSON.stringify(moved.body));
  return { version_id };
}

describe("an answer", () => {
  test("streams, and is stored when its end is seen", async () => {
    const stream = await api.chat({ message: "Where is the treasure?" });
    assert.equal(stream.status, 200);
    assert.equal(stream.headers.get("content-type"), "text/event-stream");
    assert.equal(stream.headers.get("cache-control"), "no-cache");
    await stream.arrived("done");
    const meta = stream.events[0].data;
    const stored = await api.lastMessage(meta.conversation_id);
    await stream.ended;

    const names = stream.events.map(({ event }) => event);
    const deltas = stream.events.filter(({ event }) => event === "delta");
    assert.deepEqual(names, ["meta", ...deltas.map(() => "delta"), "usage", "done"]);
    assert.deepEqual(stream.events.map(({ id }) => id), names.map((_, index) => index + 1));
    assert.equal(stream.headers.get("x-request-id"), meta.request_id);
    assert.deepEqual([meta.prompt_id, meta.version_id, meta.experiment_id, meta.variant], [null, null, null, null]);
    assert.deepEqual([meta.model, meta.estimated_tokens_in], ["offline", 4]);

    assert.deepEqual([stored.id, stored.status, stored.content], [meta.message_id, "complete", stream.text()]);
    const usage = stream.events.at(-2).data;
    for (const name of ["tokens_in", "tokens_out", "cached_tokens_in", "latency_ms", "ttft_ms", "cost_usd"]) {
      assert.equal(stored[name], usage[name], name);
    }
    assert.equal(stored.finish_reason, stream.events.at(-1).data.finish_reason);
    assert.ok(usage.ttft_ms > 0 && usage.ttft_ms < usage.latency_ms, JSON.stringify(usage));
  });

  test("keeps the model's pace", async () => {
    const stream = await api.say({ message: "hello", model: "mock-ok:words=30,delay=40" });
    const at = stream.events.filter(({ event }) => event === "delta").map((event) => event.at);
    assert.equal(at.length, 30);
    assert.ok(at.at(-1) - at[0] > 900, `${at.at(-1) - at[0]} ms for 30 words with 40 ms between them`);
    const bursts = at.slice(1).filter((time, index) => time - at[index] < 5).length;
    assert.ok(bursts < 10, `${bursts} of 29 words came together with the one before`);
  });

  test("comes whole when that is asked for", async () => {
    const { status, body } = await api.call("POST", "/api/chat", { message: "hello", model: "mock-cached", stream: false });
    assert.equal(status, 200);
    assert.ok(body.text.startsWith("Straße0"), body.text);
    assert.deepEqual([body.tokens_in, body.cached_tokens_in, body.tokens_out], [262960, 257955, 1744]);
    assert.deepEqual([body.cost_usd, body.finish_reason, body.model], [null, "stop", "mock-cached"]);
    const stored = await api.lastMessage(body.conversation_id);
    assert.deepEqual([stored.id, stored.status, stored.content], [body.message_id, "complete", body.text]);
  });

  test("has estimates where the provider does not count", async () => {
    const stream = await api.say({ message: "hello", model: "mock-usage-none" });
    const usage = stream.events.at(-2).data;
    assert.equal(usage.tokens_estimated, true);
    assert.equal(usage.tokens_in, stream.events[0].data.estimated_tokens_in);
    assert.ok(usage.tokens_out > 20, JSON.stringify(usage));
  });
});

describe("a prompt", () => {
  test("is what the model is told, version by version", async () => {
    const first = await makeLive("pirate", { type: "text", system_prompt: "You are {{ who }}.", template_text: "Be brief.", model_id: "offline" });
    const one = await api.call("POST", "/api/chat", { message: "Hi", prompt: "pirate", variables: { who: "a pirate" }, stream: false });
    assert.deepEqual([one.body.prompt_id, one.body.version_id], [first.prompt_id, first.version_id]);
    assert.match(one.body.text, /^My instructions: “You are a pirate\. Be brief\.”/);

    const second = await promote("pirate", { type: "text", template_text: "You are a nurse.", model_id: "offline" });
    let two;
    for (let tries = 0; tries < 100 && two?.body.version_id !== second.version_id; tries += 1) {
      await sleep(50);
      const { conversation_id } = one.body;
      two = await api.call("POST", "/api/chat", { message: "And you?", conversation_id, stream: false });
    }
    assert.equal(two.body.version_id, second.version_id, "a conversation goes on with its prompt");
    assert.match(two.body.text, /^My instructions: “You are a nurse\.”/);
  });

  test("comes with its examples before the conversation", async () => {
    const model = "mock-ok:words=2";
    await makeLive("shop", {
      type: "chat", model_id: model, temperature: 0.25, max_tokens: 77, few_shot_examples: [{ input: "in", output: "out" }],
      messages: [{ role: "system", content: "You sell {{ goods }}." }],
    });
    const first = await api.say({ message: "one", prompt: "shop", variables: { goods: "{{ tea }}" } });
    const { conversation_id } = first.events[0].data;
    await api.say({ message: "two", conversation_id, prompt: "shop" });
    const [, { body }] = await providerRequests(model);
    assert.deepEqual(body.messages, [
      { role: "system", content: "You sell {{ goods }}." },
      { role: "user", content: "in" },
      { role: "assistant", content: "out" },
      { role: "user", content: "one" },
      { role: "assistant", content: first.text() },
      { role: "user", content: "two" },
    ]);
    assert.deepEqual([body.temperature, body.max_tokens, body.stream], [0.25, 77, true]);
  });
});

describe("a client that leaves", () => {
  test("leaves an answer that is finished without it", async () => {
    const models = ["offline", "mock-ok:words=100,delay=20"];
    const leavers = Array.from({ length: 12 }, async (_, index) => {
      const stream = await api.chat({ message: `leaver ${index}`, model: models[index % 2] });
      await stream.arrived("meta");
      await sleep(Math.random() * 400);
      const seen = stream.text();
      stream.leave();
      const message = await api.lastMessage(stream.events[0].data.conversation_id, 10_000);
      assert.equal(message.status, "complete");
      assert.ok(message.content.startsWith(seen) && message.content.length > seen.length, "and goes on");
    });
    await Promise.all(leavers);
    const requests = await providerRequests(models[1]);
    assert.equal(requests.length, 6);
    assert.ok(requests.every(({ aborted }) => !aborted));
  });

  test("leaves one also while the model is silent", async () => {
    const stream = await api.chat({ message: "silent", model: "mock-ok:first=1400" });
    await stream.arrived("meta");
    stream.leave();
    const message = await api.lastMessage(stream.events[0].data.conversation_id, 5000);
    assert.equal(message.status, "complete");
  });

  test("before the answer begins leaves nothing unfinished", async () => {
    const { port, hostname } = new URL(stack.url);
    const headers = { "x-api-key": stack.adminKey, "content-type": "application/json" };
    const message = "gone at once";
    for (const wait of [0, 5, 10, 20, 40, 80]) {
      const request = http.request({ method: "POST", path: "/api/chat", hostname, port, headers });
      request.on("error", () => {});
      request.end(JSON.stringify({ message, model: "mock-ok:words=30,delay=20" }));
      await sleep(wait);
      request.destroy();
    }
    await sleep(1500);
    const { body } = await api.call("GET", `/api/conversations?search=${encodeURIComponent(message)}`);
    for (const { id } of body.data) {
      assert.equal((await api.lastMessage(id, 3000)).status, "complete");
    }
  });
});

/** Model, words that were said, code, and why. */
const FAILURES = [
  ["mock-cut-half-event", 4, "provider_error", "interrupted"],
  ["mock-error-midstream", 4, "provider_error", "server_error"],
  ["mock-429-midstream", 4, "provider_error", "rate_limited"],
  ["mock-stall", 4, "provider_timeout", "timeout_idle"],
  ["mock-silent", 0, "provider_timeout", "timeout_first_token"],
  ["mock-401", 0, "provider_error", "authentication"],
  ["mock-html-200", 0, "provider_error", "malformed"],
  ["mock-context", 0, "provider_error", "context_too_long"],
];

describe("a provider that fails", () => {
  for (const [model, words, code, why] of FAILURES) {
    test(`${model}: ${code}`, async () => {
      const [stream, whole] = await Promise.all([
        api.say({ message: "hello", model }),
        api.call("POST", "/api/chat", { message: "whole hello", model, stream: false }),
      ]);
      const names = stream.events.map(({ event }) => event);
      assert.deepEqual(names, ["meta", ...Array(words).fill("delta"), "error"]);
      assert.equal(stream.events.at(-1).data.code, code);
      assert.ok(stream.events.at(-1).data.detail);
      const stored = await api.lastMessage(stream.events[0].data.conversation_id, 1000);
      assert.deepEqual([stored.status, stored.error_code, stored.content], ["failed", why, stream.text()]);
      assert.equal(stored.tokens_in === null, words === 0);

      assert.deepEqual([whole.status, whole.body.code], [code === "provider_timeout" ? 504 : 502, code]);
      assert.equal(whole.body.request_id, whole.headers.get("x-request-id"));
    });
  }

  test("is asked again before the first token", async () => {
    const stream = await api.say({ message: "hello", model: "mock-503-then-ok" });
    assert.equal(stream.events.at(-1).event, "done");
  });
});

describe("input", () => {
  const cases = [
    ["{", 400, "invalid_json"],
    [{}, 422, "validation_failed", "message"],
    [{ message: "  " }, 422, "validation_failed", "message"],
    [{ message: "a\u0000b" }, 422, "validation_failed", "message"],
    [{ message: 7 }, 422, "validation_failed", "message"],
    [{ message: "é".repeat(200_001) }, 422, "validation_failed", "message"],
    [{ message: "x".repeat(1_000_000) }, 413, "body_too_large"],
    [{ message: "a", mesage: "b" }, 422, "validation_failed", "mesage"],
    [{ message: "a", environment: "live" }, 422, "validation_failed", "environment"],
    [{ message: "a", variables: [] }, 422, "validation_failed", "variables"],
    [{ message: "a", stream: "yes" }, 422, "validation_failed", "stream"],
    [{ message: "a", model: "" }, 422, "validation_failed", "model"],
    [{ message: "a", prompt: "nothing-of-this-name" }, 404, "not_found"],
    [{ message: "a", prompt: "no\u0000thing" }, 422, "validation_failed", "prompt"],
    [{ message: "a", conversation_id: "conv_01k9z4x2m8e6wr7q5t3v1y0b4n" }, 404, "not_found"],
    [{ message: "a", conversation_id: "conv_01k9z4x2m8e6wr7q5t3v1y0b4n", prompt: "shop", user_id: "u" }, 404, "not_found"],
    [{ message: "a", conversation_id: "' or 1=1" }, 404, "not_found"],
  ];
  for (const [body, status, code, field] of cases) {
    test(`${JSON.stringify(body).slice(0, 70)} is ${status}`, async () => {
      const answer = await api.call("POST", "/api/chat", body);
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body));
      if (field) assert.equal(answer.body.errors[0].field, field);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
    });
  }

  test("any text survives", async () => {
    const message = "Straße 龍 🐉 \u0001 \"'\\ {{ x }} \r\n data: x\n\nevent: done";
    const stream = await api.say({ message, model: "mock-echo" });
    assert.equal(stream.text(), message);
    const { body } = await api.call("GET", `/api/conversations/${stream.events[0].data.conversation_id}`);
    assert.deepEqual(body.messages.map(({ content }) => content), [message, message]);
  });

  test("a model without an endpoint is refused with what to do", async () => {
    const bare = await startWorkerd({ dir, vars: stack.vars, label: "bare", only: FUNCTIONS });
    try {
      const { status, body } = await client({ url: bare.url, key: stack.adminKey }).call("POST", "/api/chat", { message: "a", model: "gpt-4o" });
      assert.deepEqual([status, body.code, body.errors[0].field], [422, "validation_failed", "model"]);
      assert.match(body.errors[0].detail, /\/api\/providers\/openai/);
    } finally {
      await bare.stop();
    }
  });
});

describe("a conversation", () => {
  test("is listed, found, renamed and deleted", async () => {
    const stream = await api.say({ message: "About the quokka and its habits", user_id: "u-7" });
    const { conversation_id } = stream.events[0].data;
    const found = await api.call("GET", "/api/conversations?search=QUOKKA&limit=1");
    assert.deepEqual(found.body.data.map(({ id, title, user_id }) => [id, title, user_id]), [[conversation_id, "About the quokka and its habits", "u-7"]]);
    const path = `/api/conversations/${conversation_id}`;
    const renamed = await api.call("PATCH", path, { title: "  Marsupials " });
    assert.deepEqual([renamed.status, renamed.body.title], [200, "Marsupials"]);
    assert.equal((await api.call("PATCH", path, { title: " " })).status, 422);
    assert.equal((await api.call("DELETE", path)).status, 204);
    assert.equal((await api.call("GET", path)).status, 404);
    assert.equal((await api.call("DELETE", path)).status, 404);
  });

  test("has pages whose cursor is its own", async () => {
    const seen = new Set();
    let cursor = "";
    for (;;) {
      const { status, body } = await api.call("GET", `/api/conversations?limit=7${cursor}`);
      assert.equal(status, 200);
      for (const { id } of body.data) assert.ok(!seen.has(id) && seen.add(id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
      assert.equal((await api.call("GET", `/api/conversations?limit=7&search=x${cursor}`)).status, 400);
    }
    assert.ok(seen.size > 20, String(seen.size));
  });

  test("that is deleted in mid-answer stays deleted, and the answer is stopped and ends well", async () => {
    const model = "mock-ok:words=400,delay=25";
    const stream = await api.chat({ message: "soon gone", model });
    await stream.arrived("delta", 3);
    const path = `/api/conversations/${stream.events[0].data.conversation_id}`;
    assert.equal((await api.call("DELETE", path)).status, 204);
    await stream.ended;
    assert.deepEqual([stream.events.at(-1).event, stream.events.at(-1).data.finish_reason], ["done", "cancelled"]);
    assert.equal((await api.call("GET", path)).status, 404);
    assert.equal((await providerRequests(model))[0].aborted, true);
  });
});

describe("a database that goes away", () => {
  test("is told of instead of an answer's end", async () => {
    const stream = await api.chat({ message: "last words", model: "mock-ok:words=40,delay=25" });
    await stream.arrived("delta", 3);
    await stack.servers.find(({ name }) => /postgres/i.test(name)).stop();
    await stream.ended;
    assert.deepEqual(stream.events.slice(-2).map(({ event }) => event), ["usage", "error"]);
    assert.equal(stream.events.at(-1).data.code, "unavailable");
    const { status, body } = await api.call("POST", "/api/chat", { message: "anybody there?" });
    assert.deepEqual([status, body.code], [503, "unavailable"]);
  });
});
