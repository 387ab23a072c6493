/**
 * OpenAI's own clients, unmodified, against `/v1`: its packages of npm and of PyPI. They are given a base URL and a key,
 * and nothing else.
 *
 *   sh dev/node.sh --test functions/chat/tests/openai.test.mjs
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { root, run } from "../../../dev/processes.mjs";
import { pythonWith } from "../../../dev/python.mjs";
import { keyOf, startModels } from "./models.mjs";

const PYTHON_PACKAGE = "openai==3.52.0";
const hi = [{ role: "user", content: "hi" }];
const tools = [{ type: "function", function: { name: "weather", description: "Of a city.", parameters: { type: "object", properties: { city: { type: "string" } } } } }];

let models, openai;

before(async () => {
  models = await startModels();
  openai = new OpenAI({ baseURL: `${models.url}/v1`, apiKey: models.key, maxRetries: 0 });
  await models.makeLive("greeting", { template_text: "Greet {{ name }} kindly.", model_id: "offline", temperature: 0.5 });
});

after(() => models?.stop());

/** Everything that a stream says. */
async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
  return { chunks, text };
}

describe("an idempotency key", () => {
  const repeat = (path, body, idempotencyKey) =>
    fetch(models.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${models.key}`, "content-type": "application/json", "idempotency-key": idempotencyKey },
      body: JSON.stringify(body),
    });

  for (const [path, body] of [
    ["/v1/chat/completions", { messages: hi }],
    ["/api/chat", { message: "hi", stream: false }],
  ]) {
    test(`brings the first answer of ${path} again, and asks nobody`, async () => {
      const model = `mock-ok:first=300,words=${path.length}`;
      const ask = (more = {}) => repeat(path, { ...body, model, ...more }, `once ${path}`);
      const [first, meanwhile] = await Promise.all([ask(), new Promise((resolve) => setTimeout(resolve, 150)).then(() => ask())]);
      assert.deepEqual([first.status, meanwhile.status, meanwhile.headers.get("retry-after")], [200, 409, "1"]);
      const again = await ask();
      assert.deepEqual([again.status, again.headers.get("idempotent-replayed")], [200, "true"]);
      assert.deepEqual(await again.json(), await first.json());
      assert.equal((await ask({ model: "mock-ok" })).status, 409, "another question is another request");
      assert.equal((await models.requests(model)).length, 1);
    });

    test(`is free again when ${path} has failed`, async () => {
      const ask = (model) => repeat(path, { ...body, model }, `failed ${path}`);
      assert.ok((await ask("mock-400")).status >= 400);
      assert.equal((await ask("mock-ok")).status, 200);
    });
  }

  test("brings an answer whose client has left before it was there", async () => {
    const model = "mock-ok:words=20,delay=100";
    const abort = new AbortController();
    const request = {
      method: "POST",
      headers: { authorization: `Bearer ${models.key}`, "content-type": "application/json", "idempotency-key": "lost" },
      body: JSON.stringify({ message: "Is anybody there?", model, stream: false }),
    };
    const lost = fetch(`${models.url}/api/chat`, { ...request, signal: abort.signal });
    setTimeout(() => abort.abort(), 700);
    await assert.rejects(lost, { name: "AbortError" });
    let again;
    for (let tries = 0; tries < 100 && again?.status !== 200; tries += 1) {
      again = await fetch(`${models.url}/api/chat`, request);
      assert.ok([200, 409].includes(again.status), `${again.status}`);
      await sleep(100);
    }
    const { conversation_id, text, finish_reason } = await again.json();
    assert.deepEqual([text.split(" ").length, finish_reason], [20, "stop"]);
    const { status, content } = await models.api.lastMessage(conversation_id);
    assert.deepEqual([status, content], ["complete", text]);
    assert.equal((await models.requests(model)).length, 1);
  });

  test("does not start a stream twice, and says so as OpenAI would", async () => {
    const ask = () => repeat("/v1/chat/completions", { model: "mock-ok:words=7", messages: hi, stream: true }, "streamed");
    assert.match(await (await ask()).text(), /\[DONE\]/);
    const again = await ask();
    assert.equal(again.status, 409);
    const { error } = await again.json();
    assert.match(error.message, /was a stream/);
    assert.equal((await models.requests("mock-ok:words=7")).length, 1);
  });
});

describe("the package of npm", () => {
  test("asks for a whole answer", async () => {
    const answer = await openai.chat.completions.create({ model: "offline", messages: hi, max_tokens: 4 });
    assert.match(answer.id, /^chatcmpl-/);
    assert.equal(answer.object, "chat.completion");
    assert.ok(Math.abs(answer.created - Date.now() / 1000) < 60);
    assert.deepEqual([answer.choices[0].message.content, answer.choices[0].finish_reason], ["I have no instructions.", "length"]);
    assert.deepEqual([answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens], [1, 4, 5]);
    assert.match(answer._request_id, /^req_/);
  });

  test("reads a stream, with its usage when that is asked for", async () => {
    const question = { model: "mock-ok", messages: hi, stream: true };
    const quiet = await read(await openai.chat.completions.create(question));
    assert.match(quiet.text, /^Straße0 über1/);
    assert.ok(quiet.chunks.every((chunk) => chunk.usage === undefined));
    assert.equal(quiet.chunks.at(-1).choices[0].finish_reason, "stop");
    const told = await read(await openai.chat.completions.create({ ...question, stream_options: { include_usage: true } }));
    const { usage, choices } = told.chunks.at(-1);
    assert.deepEqual(choices, []);
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [31, 17]);
    assert.deepEqual([usage.prompt_tokens_details.cached_tokens, usage.completion_tokens_details.reasoning_tokens], [8, 5]);
    assert.ok(told.chunks.slice(0, -1).every((chunk) => chunk.usage === null));
  });

  test("lists models, prompts among them", async () => {
    const ids = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    for (const id of ["offline", "gpt-4o", "claude-haiku-4-5", "prompt:greeting"]) assert.ok(ids.includes(id), id);
    assert.equal((await openai.models.retrieve("prompt:greeting")).object, "model");
    await assert.rejects(openai.models.retrieve("prompt:nothing"), OpenAI.NotFoundError);
    await models.makeLive("team/reply", { template_text: "Reply.", model_id: "offline" });
    for (const id of ["custom-mock/llama", "prompt:team/reply"]) {
      for (const path of [id, encodeURIComponent(id)]) {
        const { status, body } = await models.api.call("GET", `/v1/models/${path}`);
        assert.deepEqual([status, body.id], [200, id], path);
      }
    }
  });

  test("asks a prompt as a model, for somebody", async () => {
    const question = { model: "prompt:greeting", messages: hi, metadata: { user_id: "u-1", variables: '{"name": "Zoë"}' } };
    const { data, response } = await openai.chat.completions.create(question).withResponse();
    assert.match(data.choices[0].message.content, /My instructions: “Greet Zoë kindly.”/);
    assert.equal(data.model, "offline");
    assert.match(response.headers.get("x-promptlab-version-id"), /^ver_/);
    const alone = await openai.chat.completions.create({ model: "prompt:greeting", messages: [], variables: { name: "Li" } });
    assert.match(alone.choices[0].message.content, /Greet Li kindly/);
    await assert.rejects(openai.chat.completions.create({ ...question, model: "prompt:greeting@staging" }), OpenAI.NotFoundError);
  });

  test("reaches the endpoint that the name says, with the team's key", async () => {
    const question = { model: "custom-mock/mock-ok:words=3", messages: hi, seed: 7, response_format: { type: "json_object" } };
    await openai.chat.completions.create(question);
    const [request] = await models.requests("mock-ok:words=3");
    assert.equal(request.key, keyOf("custom-mock"));
    assert.deepEqual([request.body.seed, request.body.response_format.type], [7, "json_object"]);
    for (const [model, key] of [["claude-haiku-4-5", "anthropic"], ["gemini-2.5-flash", "gemini"], ["gpt-4o-mini", "openai"]]) {
      const answer = await openai.chat.completions.create({ model, messages: hi });
      assert.match(answer.choices[0].message.content, /^Straße0/, model);
      assert.equal(answer.model, model);
      assert.equal((await models.requests(model))[0].key, keyOf(key));
    }
  });

  for (const model of ["openai/mock-tools", "anthropic/mock-tools", "gemini/mock-tools"]) {
    test(`calls tools of ${model}`, async () => {
      const answer = await openai.chat.completions.create({ model, messages: hi, tools, tool_choice: "auto" });
      const { message, finish_reason } = answer.choices[0];
      assert.equal(finish_reason, "tool_calls");
      assert.equal(message.content, null);
      assert.deepEqual(message.tool_calls.map((call) => [call.type, call.function.name, call.function.arguments]), [
        ["function", "weather", '{"city":"Köln"}'],
        ["function", "time", "{}"],
      ]);
      const stream = openai.chat.completions.stream({ model, messages: hi, tools });
      const streamed = await stream.finalChatCompletion();
      assert.deepEqual(streamed.choices[0].message.tool_calls.map((call) => call.function.arguments), ['{"city":"Köln"}', "{}"]);
      const results = message.tool_calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "fine" }));
      const next = { model: model.replace("tools", "ok"), messages: [...hi, message, ...results], tools };
      assert.match((await openai.chat.completions.create(next)).choices[0].message.content, /^Straße0/);
    });
  }

  test("is told by a provider that is too busy when to come back, and what is left", async () => {
    for (const [model, seconds] of [["mock-429", "1"], ["mock-429:retry_after=60", "60"]]) {
      const error = await openai.chat.completions.create({ model, messages: hi }).catch((error) => error);
      assert.deepEqual([error.status, error.headers.get("retry-after")], [429, seconds], model);
      for (const name of ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]) assert.match(error.headers.get(name), /^\d+$/, name);
    }
  });

  test("hears which variables of a prompt have no value", async () => {
    const ask = (variables) => openai.chat.completions.create({ model: "prompt:greeting", messages: hi, variables }).withResponse();
    const header = ({ response }) => response.headers.get("x-promptlab-missing-variables");
    assert.equal(header(await ask({ name: "Li" })), null);
    const { data, response } = await ask({});
    assert.equal(header({ response }), "name");
    assert.match(data.choices[0].message.content, /Greet {{ name }} kindly/);
  });

  test("is told how likely the tokens were", async () => {
    const question = { model: "mock-ok:words=2", messages: hi, logprobs: true };
    const { logprobs, message } = (await openai.chat.completions.create(question)).choices[0];
    assert.equal(logprobs.content.map(({ token }) => token).join(""), message.content);
    const streamed = await openai.chat.completions.stream(question).finalChatCompletion();
    assert.deepEqual(streamed.choices[0].logprobs.content, logprobs.content);
  });

  test("sees a model's reasoning when it asks for it", async () => {
    const question = { model: "mock-reasoning", messages: hi };
    assert.equal((await openai.chat.completions.create(question)).choices[0].message.reasoning_content, undefined);
    const { message } = (await openai.chat.completions.create({ ...question, include_reasoning: true })).choices[0];
    assert.equal(message.reasoning_content, "Let me think.");
    assert.match(message.content, /^Straße0/);
  });

  test("hears what is wrong as its own errors", async () => {
    const create = (more, client = openai) => client.chat.completions.create({ model: "offline", messages: hi, ...more });
    const rejects = async (call, kind, fields) => {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
        for (const [name, value] of Object.entries(fields)) assert.equal(error[name], value, name);
        assert.match(error.requestID, /^req_/);
        return true;
      });
    };
    const stranger = new OpenAI({ baseURL: `${models.url}/v1`, apiKey: "pl_nobody", maxRetries: 0 });
    await rejects(create({}, stranger), OpenAI.AuthenticationError, { status: 401, code: "invalid_api_key", type: "invalid_request_error" });
    await rejects(create({ model: "prompt:nothing" }), OpenAI.NotFoundError, { status: 404, code: "model_not_found", param: "model" });
    await rejects(create({ n: 2 }), OpenAI.BadRequestError, { status: 400, param: "n", type: "invalid_request_error" });
    await rejects(create({ messages: [] }), OpenAI.BadRequestError, { param: "messages", code: "missing_required_parameter" });
    await rejects(create({ model: "mock-400" }), OpenAI.BadRequestError, { status: 400 });
    await rejects(create({ model: "mock-context" }), OpenAI.BadRequestError, { code: "context_length_exceeded" });
    await rejects(create({ model: "mock-429:retry_after=60" }), OpenAI.RateLimitError, { status: 429, code: "rate_limit_exceeded" });
    for (const model of ["mock-quota", "mock-402"]) await rejects(create({ model }), OpenAI.RateLimitError, { status: 429, code: "insufficient_quota", type: "insufficient_quota" });
    await rejects(create({ model: "mock-302" }), OpenAI.InternalServerError, { status: 502 });
    await rejects(create({ model: "mock-401" }), OpenAI.InternalServerError, { status: 502 });
    await rejects(create({ model: "mock-silent" }), OpenAI.InternalServerError, { status: 504 });
    await rejects(create({ messages: [{ role: "user", content: "x".repeat(1_000_000) }] }), OpenAI.APIError, { status: 413 });
    await assert.rejects(async () => read(await create({ model: "mock-429-midstream", stream: true })), OpenAI.APIError);
  });

  test("tries again by itself", async () => {
    const patient = new OpenAI({ baseURL: `${models.url}/v1`, apiKey: models.key, maxRetries: 2 });
    // Three attempts are the gateway's for one request; the fourth belongs to the client's second.
    const answer = await patient.chat.completions.create({ model: "mock-503-then-ok:fail=3,words=2", messages: hi });
    assert.equal(answer.choices[0].message.content, "Straße0 über1");
    assert.equal((await models.requests("mock-503-then-ok:fail=3,words=2")).length, 4);
    for (const model of ["mock-401:words=9", "mock-quota:words=9", "mock-302:words=9"]) {
      await assert.rejects(patient.chat.completions.create({ model, messages: hi }));
      assert.equal((await models.requests(model)).length, 1, `${model} is not tried again`);
    }
  });

  test("aborts, and the provider is told", async () => {
    const model = "mock-ok:words=500,delay=20";
    const stream = await openai.chat.completions.create({ model, messages: hi, stream: true });
    let count = 0;
    for await (const _chunk of stream) if (++count === 5) stream.controller.abort();
    const deadline = Date.now() + 4_000;
    while (!(await models.requests(model))[0].aborted) {
      assert.ok(Date.now() < deadline, "the provider's stream still runs");
      await sleep(50);
    }
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const whole = openai.chat.completions.create({ model: "mock-slow", messages: hi }, { signal: controller.signal });
    await assert.rejects(whole, OpenAI.APIUserAbortError);
    await assert.rejects(openai.chat.completions.create({ model: "mock-slow", messages: hi }, { timeout: 200 }), OpenAI.APIConnectionTimeoutError);
  });
});

describe("the package of PyPI", () => {
  test("asks, streams, calls tools, tries again, aborts", { timeout: 300_000 }, async (t) => {
    const python = await pythonWith(PYTHON_PACKAGE);
    if (!python) return t.skip(`${PYTHON_PACKAGE} cannot be installed here`);
    const env = { ...process.env, OPENAI_BASE_URL: `${models.url}/v1`, OPENAI_API_KEY: models.key };
    const script = join(root, "functions/chat/tests/openai_package.py");
    const { code, output } = await run(python, [script], { timeoutMs: 120_000, env });
    assert.equal(code, 0, output);
    const [request] = await models.requests("mock-ok:words=400,delay=20");
    const deadline = Date.now() + 4_000;
    while (!(await models.requests(request.model))[0].aborted) {
      assert.ok(Date.now() < deadline, "the provider's stream still runs");
      await sleep(50);
    }
  });
});
