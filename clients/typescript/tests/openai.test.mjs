/**
 *   sh dev/node.sh --test clients/typescript/tests/openai.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import OpenAI from "openai";
import { PromptLab } from "../index.js";
import { KEY, answer, problem, resolved, startServer, takeAll } from "./scripted-server.mjs";

let server, provider, promptlab, openai, plain;

const usage = { prompt_tokens: 31, completion_tokens: 17, total_tokens: 48, prompt_tokens_details: { cached_tokens: 8 } };
const completion = { id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m-2026", choices: [{ index: 0, message: { role: "assistant", content: "Hi." }, finish_reason: "stop" }], usage };
const hi = [{ role: "user", content: "hi" }];

before(async () => {
  server = await startServer();
  provider = await startServer();
});
after(() => Promise.all([server.stop(), provider.stop()]));
beforeEach(() => {
  for (const each of [server, provider]) each.requests.length = 0;
  server.otherwise = (request, response) => (request.path === "/api/ingest" ? takeAll : answer(200, resolved()))(request, response);
  provider.otherwise = answer(200, completion);
  promptlab = new PromptLab({ baseUrl: server.url, apiKey: KEY, retries: 0 });
  plain = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: "sk-x", maxRetries: 0 });
  openai = promptlab.wrapOpenAI(plain);
});

/** The one event that is logged. */
async function logged() {
  assert.ok(await promptlab.flush());
  const events = server.requests.filter(({ path }) => path === "/api/ingest").flatMap(({ body }) => body.events);
  assert.equal(events.length, 1);
  return events[0];
}

const chunk = (delta, more = {}) => ({ id: "c", object: "chat.completion.chunk", created: 1, model: "m-2026", choices: [{ index: 0, delta, finish_reason: null }], ...more });
const done = { ...chunk({}), choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
const counted = { ...chunk({}), choices: [], usage };

/** Chunks as server-sent events, in time. */
const streamOf = (chunks, { breaksOff = false } = {}) => async (_, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const each of chunks) {
    response.write(`data: ${JSON.stringify(each)}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  if (breaksOff) return response.destroy();
  response.end("data: [DONE]\n\n");
};

test("a prompt comes before the call's messages, and the call's parameters before the prompt's", async () => {
  server.scripts.push(answer(200, resolved({ few_shot_examples: [{ input: "in", output: "out" }] })));
  const promptOf = { prompt: "greeting", variables: { name: "Zoë" }, userId: "u-1" };
  const answered = await openai.chat.completions.create({ promptlab: promptOf, messages: hi, temperature: 0 });
  assert.equal(answered.choices[0].message.content, "Hi.");
  assert.deepEqual(server.requests[0].body.variables, { name: "Zoë" });
  assert.deepEqual(provider.requests[0].body, {
    model: "offline", temperature: 0, top_p: 0.9, max_tokens: 40,
    messages: [{ role: "system", content: "Be kind.\n\nHello Zoë." }, { role: "user", content: "in" }, { role: "assistant", content: "out" }, ...hi],
  });
  const event = await logged();
  const { id, latency_ms, client_started_at, client_ended_at, ...rest } = event;
  assert.deepEqual(rest, {
    type: "inference", request_id: id, user_id: "u-1", messages: provider.requests[0].body.messages, output: "Hi.", prompt_id: "prm_1",
    version_id: "ver_1", environment: "production", experiment_id: null, variant: null, model: "m-2026", status: "ok", tokens_in: 31, tokens_out: 17, cached_tokens_in: 8,
  });
  assert.ok(latency_ms > 0 && client_started_at < client_ended_at);
  const { resolved: found, ...identity } = promptlab.inferenceOf(answered);
  assert.deepEqual(identity, { id, promptId: "prm_1", versionId: "ver_1", environment: "production", experimentId: null, variant: null });
  assert.equal(found.source, "server");

  server.scripts.push(answer(201, { feedback_id: "fb_1", rating: 1, replaced: false }));
  const given = await promptlab.feedback({ inference: promptlab.inferenceOf(answered), rating: 1, comment: "Nice." });
  assert.deepEqual([given.feedbackId, given.replaced], ["fb_1", false]);
  const { path, headers, body } = server.requests.at(-1);
  assert.deepEqual([path, body], ["/api/feedback", { request_id: id, prompt_id: "prm_1", version_id: "ver_1", experiment_id: null, variant: null, rating: 1, comment: "Nice." }]);
  assert.ok(headers["idempotency-key"]);
});

test("chat prompts put their leading system messages together and keep the others", async () => {
  const messages = [{ role: "system", content: "One." }, { role: "developer", content: "Two." }, { role: "user", content: "Three." }, { role: "system", content: "Four." }];
  server.scripts.push(answer(200, resolved({ type: "chat", resolved_text: undefined, messages, system_prompt: null, config: {} })));
  await openai.chat.completions.create({ promptlab: { prompt: "chat" }, model: "mine", messages: hi });
  const { body } = provider.requests[0];
  assert.deepEqual(body.messages, [{ role: "system", content: "One.\n\nTwo." }, ...messages.slice(2), ...hi]);
  assert.equal(body.model, "mine");
});

test("without a prompt a call is logged, without contents where they are private", async () => {
  const quiet = promptlab.wrapOpenAI(plain, { capture: false });
  await quiet.chat.completions.create({ model: "m", messages: hi, promptlab: { log: { id: "mine", traceId: "t", metadata: { a: 1 } } } });
  assert.equal(provider.requests[0].body.promptlab, undefined);
  const event = await logged();
  assert.deepEqual([event.id, event.trace_id, event.metadata, event.messages, event.output, event.prompt_id], ["mine", "t", { a: 1 }, undefined, undefined, null]);
});

test("the rest of the client is what it was", async () => {
  provider.otherwise = answer(200, { object: "list", data: [{ id: "m" }] });
  const models = [];
  for await (const { id } of openai.models.list()) models.push(id);
  assert.deepEqual([models, openai.baseURL], [["m"], plain.baseURL]);
  assert.equal(plain.chat.completions.create, OpenAI.Chat.Completions.prototype.create);
});

test("an error is logged and thrown", async () => {
  provider.otherwise = answer(429, { error: { message: "slow down", type: "requests", code: "rate_limit_exceeded" } });
  await assert.rejects(openai.chat.completions.create({ model: "m", messages: hi }), OpenAI.RateLimitError);
  const event = await logged();
  assert.deepEqual([event.status, event.error_code, event.error, event.output], ["error", "rate_limit_exceeded", "429 slow down", undefined]);
});

test("a fallback is used without the server, and the model is still called", async () => {
  server.otherwise = problem(503, "unavailable");
  await openai.chat.completions.create({ promptlab: { prompt: "greeting", fallback: { systemPrompt: "Be brief.", modelId: "m" } }, messages: hi });
  assert.deepEqual(provider.requests[0].body, { model: "m", messages: [{ role: "system", content: "Be brief." }, ...hi] });
  await assert.rejects(openai.chat.completions.create({ promptlab: { prompt: "greeting", fallback: "Be brief." }, messages: hi }), /there is no model/);
});

describe("a stream", () => {
  const ask = (more = {}) => openai.chat.completions.create({ model: "m", messages: hi, stream: true, ...more });
  const words = [chunk({ role: "assistant", content: "" }), chunk({ content: "Hel" }), chunk({ content: "lo" }), done, counted];

  test("is logged when it has been read", async () => {
    provider.otherwise = streamOf(words);
    const stream = await ask();
    const chunks = [];
    for await (const each of stream) chunks.push(each);
    assert.deepEqual(provider.requests[0].body.stream_options, { include_usage: true });
    assert.equal(chunks.length, 4, "what was not asked for is not shown");
    const event = await logged();
    assert.deepEqual([event.output, event.status, event.model, event.tokens_in, event.tokens_out], ["Hello", "ok", "m-2026", 31, 17]);
    assert.ok(event.ttft_ms >= 10 && event.ttft_ms < event.latency_ms, `${event.ttft_ms} of ${event.latency_ms}`);
    assert.equal(promptlab.inferenceOf(stream).id, event.id);
  });

  test("shows its usage to those who ask for it", async () => {
    provider.otherwise = streamOf(words);
    const chunks = [];
    for await (const each of await ask({ stream_options: { include_usage: true } })) chunks.push(each);
    assert.equal(chunks.at(-1).usage.prompt_tokens, 31);
    assert.equal((await logged()).tokens_in, 31);
  });

  test("is logged in all its ways of being read, once", async () => {
    provider.otherwise = streamOf(words);
    const [left, right] = (await ask()).tee();
    const read = async (stream) => {
      let text = "";
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
      return text;
    };
    assert.deepEqual(await Promise.all([read(left), read(right)]), ["Hello", "Hello"]);
    assert.equal((await logged()).output, "Hello");
  });

  test("gathers the calls of tools", async () => {
    const call = (index, id, name, text) => chunk({ tool_calls: [{ index, id, function: { name, arguments: text } }] });
    provider.otherwise = streamOf([call(0, "a", "weather", '{"ci'), call(0, undefined, undefined, 'ty":1}'), call(1, "b", "time", "{}"), done, counted]);
    for await (const _ of await ask());
    const event = await logged();
    assert.deepEqual(event.tools.map((tool) => [tool.id, tool.function.name, tool.function.arguments]), [["a", "weather", '{"city":1}'], ["b", "time", "{}"]]);
    assert.equal(event.output, undefined);
  });

  test("that the reader leaves is cancelled", async () => {
    provider.otherwise = streamOf(words);
    for await (const { choices } of await ask()) if (choices[0].delta.content) break;
    const event = await logged();
    assert.deepEqual([event.status, event.output], ["cancelled", "Hel"]);
  });

  test("that is aborted is cancelled", async () => {
    provider.otherwise = streamOf(words);
    const stream = await ask();
    for await (const { choices } of stream) if (choices[0].delta.content) stream.controller.abort();
    assert.equal((await logged()).status, "cancelled");
  });

  test("that breaks off is an error, with what was heard", async () => {
    provider.otherwise = streamOf(words.slice(0, 2), { breaksOff: true });
    await assert.rejects(async () => {
      for await (const _ of await ask());
    });
    const event = await logged();
    assert.deepEqual([event.status, event.output], ["error", "Hel"]);
  });
});

test("an OpenAI client is pointed at PromptLab in one line", async () => {
  server.otherwise = answer(200, completion);
  const through = new OpenAI(promptlab.openAIOptions());
  await through.chat.completions.create({ model: "prompt:greeting", messages: hi });
  assert.deepEqual([server.requests[0].path, server.requests[0].headers.authorization], ["/v1/chat/completions", `Bearer ${KEY}`]);
});
