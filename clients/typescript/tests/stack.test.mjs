/**
 * Against an installation, which `make test ONLY=clients` starts:
 *
 *   PROMPTLAB_URL=… PROMPTLAB_ADMIN_KEY=… sh dev/node.sh --test clients/typescript/tests/stack.test.mjs
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { PromptLab, newId } from "../index.js";
import { DiskSpool } from "../spool.js";

const { PROMPTLAB_URL: url, PROMPTLAB_ADMIN_KEY: adminKey } = process.env;

describe("an installation", { skip: url ? false : "PROMPTLAB_URL is not set" }, () => {
  const name = `client-typescript-${newId()}`;
  let apiKey, promptlab, prompt;
  const errors = [];

  async function call(method, path, body) {
    const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
    const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.json();
  }

  async function promote(version) {
    const { version_id } = await call("POST", `/api/prompts/${name}/versions`, { model_id: "offline", ...version });
    await call("POST", `/api/prompts/${name}/promote`, { version_id, environment: "production" });
    return version_id;
  }

  before(async () => {
    apiKey = (await call("POST", "/api/keys", { name: "client", role: "runtime" })).key;
    prompt = await call("POST", "/api/prompts", { name });
    await promote({ template_text: "Greet {{ name }}.", system_prompt: "Be kind." });
    promptlab = new PromptLab({ baseUrl: url, apiKey, onError: (error) => errors.push(error) });
  });
  after(() => promptlab?.close());

  test("resolves, and follows a release within five seconds", async () => {
    const found = await promptlab.resolve(name, { variables: { name: "Zoë" } });
    assert.deepEqual([found.resolvedText, found.systemPrompt, found.promptId, found.source], ["Greet Zoë.", "Be kind.", prompt.id, "server"]);
    assert.match(found.requestId, /^req_/);
    assert.equal((await promptlab.resolve(name, { variables: { name: "Zoë" } })).source, "cache");
    const versionId = await promote({ template_text: "Welcome {{ name }}." });
    const began = Date.now();
    while ((await promptlab.resolve(name, { variables: { name: "Zoë" } })).versionId !== versionId) {
      assert.ok(Date.now() - began < 5_000, "it is still the old one");
      await sleep(50);
    }
    assert.equal((await promptlab.resolve(prompt.id, { version: 1, variables: { name: "Li" } })).resolvedText, "Greet Li.");
  });

  test("says what is wrong as the server does", async () => {
    await assert.rejects(promptlab.resolve(`${name}-gone`), { status: 404, code: "not_found" });
    await assert.rejects(promptlab.resolve(name, { strict: true }), (error) => error.status === 422 && error.code === "missing_variables" && /^req_/.test(error.requestId));
    const stranger = new PromptLab({ baseUrl: url, apiKey: "pl_nobody" });
    await assert.rejects(stranger.resolve(name), { status: 401, code: "unauthenticated" });
    const given = await stranger.resolve(name, { fallback: "Hello." });
    assert.deepEqual([given.isFallback, given.resolvedText], [true, "Hello."]);
  });

  test("counts each inference once, also one that comes again", async () => {
    const before = promptlab.stats();
    const ids = Array.from({ length: 1_100 }, () => promptlab.log({ model: "offline", promptId: prompt.id, tokensIn: 3, latencyMs: 5, environment: "production" }));
    promptlab.log({ id: ids[0], model: "offline" });
    promptlab.log({ model: "offline", promptId: "no id" });
    assert.ok(await promptlab.flush());
    const { accepted, duplicates, rejected, queued } = promptlab.stats();
    assert.deepEqual([accepted - before.accepted, duplicates, rejected, queued], [1_100, 1, 1, 0]);
    assert.match(errors.at(-1).message, /^prompt_id: /);
  });

  test("is sent what a spool has kept, under the same ids", async () => {
    const directory = mkdtempSync(join(tmpdir(), "promptlab-spool-"));
    const open = (baseUrl) => new PromptLab({ baseUrl, apiKey, log: { spool: new DiskSpool({ directory }), flushIntervalMs: 60_000 } });
    const cutOff = open("http://127.0.0.1:1");
    const ids = Array.from({ length: 600 }, () => cutOff.log({ model: "offline" }));
    assert.equal(await cutOff.close({ timeoutMs: 100 }), false);
    assert.equal(readdirSync(directory).length, 2);
    promptlab.log({ id: ids[7], model: "offline" });
    await promptlab.flush();
    const next = open(url);
    assert.equal(next.stats().queued, 600);
    assert.ok(await next.close());
    assert.deepEqual([next.stats().accepted, next.stats().duplicates, readdirSync(directory).length], [599, 1, 0]);
    rmSync(directory, { recursive: true });
  });

  test("answers an OpenAI client, and counts what a wrapped one does", async () => {
    const openai = promptlab.wrapOpenAI(new OpenAI(promptlab.openAIOptions()));
    const ask = { promptlab: { prompt: name, variables: { name: "Zoë" }, userId: "u-1" }, messages: [{ role: "user", content: "hi" }] };
    const { accepted } = promptlab.stats();
    const whole = await openai.chat.completions.create(ask);
    assert.equal(whole.model, "offline");
    const stream = await openai.chat.completions.create({ ...ask, stream: true });
    let text = "";
    for await (const { choices } of stream) text += choices[0].delta.content ?? "";
    assert.equal(text, whole.choices[0].message.content, "the same instructions and question");
    assert.ok(await promptlab.flush());
    assert.equal(promptlab.stats().accepted - accepted, 2);
    const through = await openai.chat.completions.create({ model: `prompt:${name}`, messages: [], metadata: { variables: '{"name": "Li"}' } });
    assert.match(through.choices[0].message.content, /Welcome Li/);

    const rating = { inference: promptlab.inferenceOf(whole), userId: "u-1" };
    const first = await promptlab.feedback({ ...rating, rating: -1 });
    const second = await promptlab.feedback({ ...rating, rating: 1, comment: "Better." });
    assert.deepEqual([first.replaced, second.replaced, second.promptId, second.comment], [false, true, prompt.id, "Better."]);
    await assert.rejects(promptlab.feedback({ rating: 1 }), { status: 422 });
  });
});
