/**
 * Answers that are stopped, left, resumed and limited, with two isolates on workerd and a model server with scripted
 * behaviour. Slow, because Workers give an answer half a minute after its client has left.
 *
 *   sh dev/node.sh --test functions/chat/tests/resume.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildFunctions } from "../../../dev/functions.mjs";
import { killGroup, root } from "../../../dev/processes.mjs";
import { startStack } from "../../../dev/stack.mjs";
import { startWorkerd } from "../../../dev/workerd.mjs";
import { client } from "./client.mjs";

const FUNCTIONS = ["gateway", "chat", "keys", "prompts"];
const PROVIDER_KEY = "sk-resume-test";
const NOBODY = "msg_01k9z4x2m8e6wr7q5t3v1y0b4n";

let dir, mock, mockUrl, vars, stack, here, there;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-resume-"));
  await buildFunctions({ names: FUNCTIONS, quiet: true });
  mock = spawn(process.execPath, [join(root, "tests/mock-models/server.mjs"), "--watch-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
  [mockUrl] = (await once(mock.stdout, "data")).map((line) => JSON.parse(String(line)).url);
  vars = { LLM_BASE_URL: `${mockUrl}/v1`, LLM_API_KEY: PROVIDER_KEY, LLM_FIRST_TOKEN_TIMEOUT_MS: "5000", LLM_IDLE_TIMEOUT_MS: "5000", CHAT_REQUESTS_PER_HOUR: "100000" };
  stack = await startStack({ dir, vars, only: FUNCTIONS, faults: true });
  const second = await isolate("second");
  here = client({ url: stack.url, key: stack.adminKey });
  there = client({ url: second.url, key: stack.adminKey });
});

afterEach(() => fault("none"));

const isolates = [];

/** One more process: an isolate of its own. */
async function isolate(label, more = {}) {
  const started = await startWorkerd({ dir, vars: { ...stack.vars, ...vars, ...more }, label, only: FUNCTIONS });
  isolates.push(started);
  return started;
}

after(async () => {
  for (const { stop } of isolates) await stop();
  await stack?.stop();
  mock?.stdin.end();
  rmSync(dir, { recursive: true, force: true });
});

/** Makes the REST front of Redis misbehave. */
async function fault(mode, options = {}) {
  await fetch(`${stack.restUrl}/__faults`, { method: "POST", body: JSON.stringify({ mode, ...options }) });
}

/** The requests that the model server has got for `model`. */
async function providerRequests(model) {
  const response = await fetch(`${mockUrl}/__requests?key=${PROVIDER_KEY}`);
  return (await response.json()).requests.filter((request) => request.model === model);
}

/** Breaks or mends a model. */
async function behave(model, behaviour) {
  await fetch(`${mockUrl}/__behaviour`, { method: "POST", body: JSON.stringify({ model, behaviour }) });
}

async function makeLive(name, version) {
  assert.equal((await here.call("POST", "/api/prompts", { name })).status, 201);
  const made = await here.call("POST", `/api/prompts/${name}/versions`, { type: "text", ...version });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { version_id } = made.body;
  assert.equal((await here.call("POST", `/api/prompts/${name}/promote`, { version_id, environment: "production" })).status, 200);
}

/** A runtime key of the same team. @returns {Promise<string>} */
async function makeKey(more) {
  const { status, body } = await here.call("POST", "/api/keys", { name: `key ${Math.random()}`, role: "runtime", ...more });
  assert.equal(status, 201, JSON.stringify(body));
  return body.key;
}

describe("a running answer", () => {
  test("is stopped from another isolate within a second, and what there is of it is kept", async () => {
    const model = "mock-ok:words=500,delay=20";
    const stream = await here.chat({ message: "stop me", model });
    await stream.arrived("delta", 20);
    const { conversation_id, message_id } = stream.events[0].data;
    const began = performance.now();
    const stopped = await there.call("POST", `/api/chat/${message_id}/stop`);
    const took = performance.now() - began;
    assert.deepEqual([stopped.status, stopped.body.status, stopped.body.finish_reason], [200, "cancelled", "cancelled"]);
    assert.ok(took < 1000, `${took} ms`);
    await stream.ended;
    assert.deepEqual(stream.events.slice(-2).map(({ event }) => event), ["usage", "done"]);
    assert.equal(stream.events.at(-1).data.finish_reason, "cancelled");
    const stored = await there.lastMessage(conversation_id);
    assert.deepEqual([stored.status, stored.content, stored.finish_reason], ["cancelled", stream.text(), "cancelled"]);
    assert.equal((await providerRequests(model))[0].aborted, true, "the provider's work is ended too");
    const again = await there.call("POST", `/api/chat/${message_id}/stop`);
    assert.deepEqual([again.status, again.body.status], [200, "cancelled"]);
  });

  test("is stopped before its first word", async () => {
    const stream = await here.chat({ message: "stop me", model: "mock-ok:first=4000" });
    await stream.arrived("meta");
    const stopped = await there.call("POST", `/api/chat/${stream.events[0].data.message_id}/stop`);
    assert.deepEqual([stopped.status, stopped.body.status], [200, "cancelled"]);
    await stream.ended;
    assert.deepEqual(stream.events.map(({ event }) => event), ["meta", "usage", "done"]);
  });

  test("is another team's to neither stop nor read, and a finished one stays as it is", async () => {
    const { body: team } = await here.call("POST", "/api/teams", { name: "Strangers" });
    const stranger = client({ url: stack.url, key: team.key });
    const stream = await here.say({ message: "mine", model: "mock-ok" });
    const { message_id, user_message_id } = stream.events[0].data;
    for (const [who, message] of [[stranger, message_id], [here, NOBODY], [here, user_message_id], [here, "nonsense"]]) {
      for (const [method, action] of [["POST", "stop"], ["GET", "stream"]]) {
        const { status, body } = await who.call(method, `/api/chat/${message}/${action}`);
        assert.deepEqual([status, body.code], [404, "not_found"], `${action} ${message}`);
      }
    }
    const stopped = await there.call("POST", `/api/chat/${message_id}/stop`);
    assert.deepEqual([stopped.status, stopped.body.status, stopped.body.finish_reason], [200, "complete", "stop"]);
  });

  test("stops in its own isolate also while Redis is down", async () => {
    const stream = await here.chat({ message: "stop me", model: "mock-ok:words=500,delay=20" });
    await stream.arrived("delta", 5);
    await fault("refuse");
    const stopped = await here.call("POST", `/api/chat/${stream.events[0].data.message_id}/stop`);
    assert.deepEqual([stopped.status, stopped.body.status], [200, "cancelled"]);
    await stream.ended;
    assert.equal(stream.events.at(-1).data.finish_reason, "cancelled");
  });
});

/** The events of several streams of one answer, one after the other. */
function joined(parts) {
  const events = parts.flatMap(({ events }) => events);
  return { ids: events.map(({ id }) => id), text: parts.map((part) => part.text()).join(""), names: events.map(({ event }) => event) };
}

describe("an interrupted answer", () => {
  test("goes on where it was, whole and without repetition, however often it is interrupted", async () => {
    const model = "mock-ok:words=120,delay=15";
    const { text: expected } = joined([await here.say({ message: "hello", model })]);
    const one = async (index) => {
      const parts = [await here.chat({ message: "hello", model })];
      await parts[0].arrived("meta");
      const { message_id, conversation_id } = parts[0].events[0].data;
      for (let interruption = 0; interruption <= index % 3; interruption += 1) {
        await sleep(Math.random() * 900);
        parts.at(-1).leave();
        await parts.at(-1).ended;
        const lastId = parts.findLast(({ events }) => events.length > 0).events.at(-1).id;
        parts.push(await [there, here][index % 2].resume(message_id, lastId));
      }
      await parts.at(-1).ended;
      const { ids, text, names } = joined(parts);
      assert.deepEqual(ids, ids.map((_, place) => place + 1), `${index}`);
      assert.equal(text, expected, `${index}`);
      assert.deepEqual(names.slice(-2), ["usage", "done"]);
      assert.equal((await there.lastMessage(conversation_id)).content, expected);
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => one(index)));
  });

  test("is there as a whole for who has seen nothing, and is nothing for who has seen all", async () => {
    const stream = await here.say({ message: "hello", model: "mock-ok" });
    const { message_id } = stream.events[0].data;
    const whole = await there.resume(message_id);
    await whole.ended;
    const bare = ({ events }) => events.map(({ id, event, data }) => ({ id, event, data }));
    assert.deepEqual(bare(whole), bare(stream));
    const last = stream.events.at(-1).id;
    assert.equal((await there.resume(message_id, last)).status, 204);
    const almost = await there.resume(message_id, last - 1);
    await almost.ended;
    assert.deepEqual(bare(almost), bare(stream).slice(-1));
    for (const wrong of ["x", "-1", "1.5"]) {
      const refused = await there.resume(message_id, wrong);
      await refused.ended;
      assert.deepEqual([refused.status, refused.body.errors[0].field], [422, "last-event-id"]);
    }
  });

  test("is kept for five minutes after its end, and no longer", async () => {
    const stream = await here.say({ message: "hello", model: "mock-ok:words=3" });
    const redis = async (...command) => {
      const headers = { authorization: `Bearer ${stack.restToken}` };
      return (await (await fetch(stack.restUrl, { method: "POST", headers, body: JSON.stringify(command) })).json()).result;
    };
    // The end is written to Redis after it was told.
    await sleep(1_000);
    const keys = await redis("KEYS", `*${stream.events[0].data.message_id}*`);
    const left = await Promise.all(keys.map((key) => redis("PTTL", key)));
    assert.ok(left.length > 0 && left.every((ms) => ms > 0 && ms <= 300_000), `${left}`);
    assert.ok(Math.max(...left) > 280_000, `${left}`);
  });

  test("is nothing at once when its end was seen", async () => {
    const one = async () => {
      const stream = await here.chat({ message: "hello", model: "mock-ok:words=5" });
      await stream.arrived("done");
      return (await there.resume(stream.events[0].data.message_id, stream.events.at(-1).id)).status;
    };
    assert.deepEqual(await Promise.all(Array.from({ length: 8 }, one)), Array(8).fill(204));
  });

  test("ends for its readers as for its first client when the provider dies", async () => {
    await behave("dying", "mock-cut-half-event:delay=200");
    const stream = await here.chat({ message: "hello", model: "dying" });
    await stream.arrived("delta");
    const { message_id } = stream.events[0].data;
    stream.leave();
    const rest = await there.resume(message_id, 2);
    await rest.ended;
    assert.deepEqual(rest.events.map(({ event }) => event), ["delta", "delta", "delta", "error"]);
  });

  /** An answer of an isolate that is killed once `words` words of it have come. */
  async function killed(label, key, body, words) {
    const doomed = await isolate(label);
    const stream = await client({ url: doomed.url, key }).chat(body);
    stream.ended.catch(() => {});
    await (words === 0 ? stream.arrived("meta") : stream.arrived("delta", words));
    killGroup(doomed.pid, "SIGKILL");
    return stream.events[0].data;
  }

  test("is told to have broken off when its isolate has died, and what was written is stored", async () => {
    const { message_id, conversation_id } = await killed("doomed", stack.adminKey, { message: "hello", model: "mock-ok:words=500,delay=20" }, 60);
    const rest = await there.resume(message_id, 10);
    const began = performance.now();
    await rest.ended;
    assert.ok(performance.now() - began < 8500);
    const last = rest.events.at(-1);
    assert.deepEqual([last.event, last.data.code, last.id], ["error", "unavailable", rest.events.length + 10]);
    const { status, content } = await there.lastMessage(conversation_id);
    assert.equal(status, "cancelled");
    assert.ok(content.endsWith(rest.text()) && content.length > rest.text().length, content);
    const stopped = await there.call("POST", `/api/chat/${message_id}/stop`);
    assert.deepEqual([stopped.status, stopped.body.status], [200, "cancelled"]);
  });

  test("is ended by who stops it, when its isolate has died, as its team keeps what was said", async () => {
    const { body: team } = await here.call("POST", "/api/teams", { name: "Discreet" });
    const discreet = client({ url: isolates[0].url, key: team.key });
    const custom = { api_key: PROVIDER_KEY, base_url: `${mockUrl}/v1` };
    assert.equal((await discreet.call("PUT", "/api/providers/custom-mock", custom)).status, 200);
    const redaction = { fields: { conversations: "mask" } };
    assert.equal((await discreet.call("PUT", "/api/team/settings", { redaction })).status, 200);
    const message = `${"Write to ada@example.com please. ".repeat(20)}`;
    const { message_id, conversation_id } = await killed("silenced", team.key, { message, model: "custom-mock/mock-echo:delay=30" }, 40);
    await sleep(6_000);
    const stopped = await discreet.call("POST", `/api/chat/${message_id}/stop`);
    assert.deepEqual([stopped.status, stopped.body.status], [200, "cancelled"]);
    const { content } = await discreet.lastMessage(conversation_id);
    assert.match(content, /^Write to \[/);
    assert.doesNotMatch(content, /ada@/);
  });

  test("is ended also when its isolate died before anything was written", async () => {
    await fault("refuse");
    const dying = killed("stillborn", stack.adminKey, { message: "hello", model: "mock-ok:words=500,delay=20" }, 5);
    const { message_id, conversation_id } = await dying;
    await fault("none");
    const rest = await there.resume(message_id);
    await rest.ended;
    assert.deepEqual(rest.events.map(({ event }) => event), ["error"]);
    const { status, content } = await there.lastMessage(conversation_id);
    assert.deepEqual([status, content], ["cancelled", ""]);
  });

  test("goes on for half a minute after its client has left, and no longer", async () => {
    const model = "mock-ok:words=1500,delay=25";
    const stream = await here.chat({ message: "hello", model });
    await stream.arrived("delta", 3);
    stream.leave();
    const { message_id, conversation_id } = stream.events[0].data;
    await sleep(22_000);
    const rest = await there.resume(message_id, stream.events.at(-1).id);
    await rest.arrived("delta", 700);
    assert.equal((await there.lastMessage(conversation_id)).status, "streaming");
    await rest.ended;
    assert.deepEqual(rest.events.slice(-2).map(({ event }) => event), ["usage", "done"]);
    assert.equal(rest.events.at(-1).data.finish_reason, "cancelled");
    const stored = await there.lastMessage(conversation_id);
    assert.deepEqual([stored.status, stored.content], ["cancelled", stream.text() + rest.text()]);
    assert.equal((await providerRequests(model))[0].aborted, true);
  });
});

describe("a streamed answer that is asked for again", () => {
  const bare = ({ events }) => events.map(({ id, event, data }) => ({ id, event, data }));

  test("is the same answer, while it runs and afterwards, and is asked of nobody", async () => {
    const model = "mock-ok:words=61,delay=20";
    const ask = (api) => api.chat({ message: "once", model }, { "idempotency-key": "the same" });
    const first = await ask(here);
    await first.arrived("delta", 10);
    const meanwhile = await ask(there);
    assert.deepEqual([meanwhile.status, meanwhile.headers.get("idempotent-replayed")], [200, "true"]);
    await Promise.all([first.ended, meanwhile.ended]);
    assert.deepEqual(bare(meanwhile), bare(first));
    const redis = (...command) =>
      fetch(stack.restUrl, { method: "POST", headers: { authorization: `Bearer ${stack.restToken}` }, body: JSON.stringify(command) });
    const again = await ask(there);
    await again.ended;
    assert.deepEqual(bare(again), bare(first));

    const { message_id } = first.events[0].data;
    const keys = (await (await redis("KEYS", `*${message_id}*`)).json()).result;
    await redis("DEL", ...keys);
    const stored = await ask(there);
    await stored.ended;
    const of = (stream, name) => stream.events.filter(({ event }) => event === name).map(({ data }) => data);
    for (const name of ["meta", "usage", "done"]) assert.deepEqual(of(stored, name), of(first, name));
    assert.equal(stored.text(), first.text());
    assert.equal((await providerRequests(model)).length, 1);
  });
});

describe("a version's fallbacks", () => {
  test("answer when its model does not, and it is said who did", async () => {
    await makeLive("steadfast", { template_text: "Be brief.", model_id: "mock-500", config: { fallbacks: ["mock-401", { model: "mock-ok:words=3" }] } });
    const stream = await here.say({ message: "hello", prompt: "steadfast" });
    const [meta, usage] = [stream.events[0].data, stream.events.at(-2).data];
    assert.deepEqual([meta.model, meta.fallbacks], ["mock-500", ["mock-401", "mock-ok:words=3"]]);
    assert.equal(usage.model, "mock-ok:words=3");
    assert.equal((await here.lastMessage(meta.conversation_id)).model, "mock-ok:words=3");
    const whole = await here.call("POST", "/api/chat", { message: "hello", prompt: "steadfast", stream: false });
    assert.deepEqual([whole.status, whole.body.model], [200, "mock-ok:words=3"]);
  });

  test("are no one's who was not named", async () => {
    await makeLive("bound", { template_text: "Be brief.", model_id: "mock-500" });
    const stream = await here.say({ message: "hello", prompt: "bound" });
    assert.equal(stream.events.at(-1).event, "error");
    const chosen = await here.say({ message: "hello", prompt: "steadfast", model: "mock-500" });
    assert.equal(chosen.events.at(-1).event, "error", "who names a model gets that or none");
  });
});

describe("a provider in trouble", () => {
  test("is left alone by every isolate, then probed once, then asked again", async () => {
    const model = "fragile";
    await behave(model, "mock-400");
    await behave(model, "mock-500");
    const ask = (api) => api.call("POST", "/api/chat", { message: "hello", model, stream: false });
    let failures = 0;
    while (!/rests/.test((await ask(here)).body.detail) && failures < 20) failures += 1;
    const asked = (await providerRequests(model)).length;
    assert.ok(failures <= 5, `${failures} failed requests before it opened`);
    for (let count = 0; count < 5; count += 1) {
      const { status, body } = await ask(there);
      assert.deepEqual([status, body.code], [502, "provider_error"]);
    }
    assert.ok((await providerRequests(model)).length <= asked + 1, "nothing is sent while it is open");
    await behave(model, "mock-ok:words=2");
    const began = performance.now();
    let answer;
    do {
      await sleep(100);
      answer = await ask(there);
    } while (answer.status !== 200 && performance.now() - began < 20_000);
    const took = performance.now() - began;
    assert.equal(answer.status, 200);
    assert.ok(took < 7000, `${took} ms until it recovered`);
    assert.equal((await ask(here)).status, 200);
  });
});

describe("a caller", () => {
  test("has as many requests an hour as its key allows, counted for each user", async () => {
    const key = await makeKey({ chat_requests_per_hour: 3 });
    const [limited, elsewhere] = [stack, isolates[0]].map(({ url }) => client({ url, key }));
    const ask = (api, user_id) => api.call("POST", "/api/chat", { message: "hello", model: "mock-ok:words=1", user_id, stream: false });
    for (const remaining of ["2", "1", "0"]) {
      const { status, headers } = await ask(remaining === "1" ? elsewhere : limited, "u-1");
      assert.deepEqual([status, headers.get("ratelimit-limit"), headers.get("ratelimit-remaining")], [200, "3", remaining]);
      const reset = Number(headers.get("ratelimit-reset"));
      assert.ok(reset > 3500 && reset <= 3600, String(reset));
    }
    const { status, headers, body } = await ask(elsewhere, "u-1");
    assert.deepEqual([status, body.code, headers.get("ratelimit-remaining")], [429, "rate_limited", "0"]);
    assert.equal(headers.get("retry-after"), headers.get("ratelimit-reset"));
    assert.equal((await ask(elsewhere, "u-2")).status, 200);
    const stream = await limited.chat({ message: "hello", model: "mock-ok:words=1", user_id: "u-3" });
    assert.equal(stream.headers.get("ratelimit-remaining"), "2");
  });

  test("is limited by each isolate alone while Redis is down, which says so", async () => {
    const key = await makeKey({ chat_requests_per_hour: 2 });
    const limited = client({ url: stack.url, key });
    assert.equal((await limited.call("GET", "/api/me")).status, 200);
    await fault("refuse");
    const statuses = [];
    for (let count = 0; count < 4; count += 1) {
      statuses.push((await limited.call("POST", "/api/chat", { message: "hello", model: "mock-ok:words=1", stream: false })).status);
    }
    assert.deepEqual(statuses, [200, 200, 429, 429]);
    assert.match(stack.workerd.output(), /this isolate counts for itself/);
  });

  test("has so many answers at once, and a slot that comes free is another's", async () => {
    const few = await isolate("few", { CHAT_CONCURRENT_STREAMS: "3" });
    const { body: team } = await here.call("POST", "/api/teams", { name: "Few" });
    const api = client({ url: few.url, key: team.key });
    const streams = await Promise.all(Array.from({ length: 6 }, () => api.chat({ message: "hello", model: "mock-ok:words=100,delay=20" })));
    assert.deepEqual(streams.map(({ status }) => status).sort(), [200, 200, 200, 429, 429, 429]);
    const refused = streams.find(({ status }) => status === 429);
    await refused.ended;
    assert.deepEqual([refused.body.code, refused.headers.get("retry-after")], ["rate_limited", "1"]);
    const [first] = streams.filter(({ status }) => status === 200);
    await first.arrived("meta");
    await api.call("POST", `/api/chat/${first.events[0].data.message_id}/stop`);
    await sleep(50);
    assert.equal((await api.say({ message: "hello", model: "mock-ok:words=1" })).status, 200);
    await Promise.all(streams.map(({ ended }) => ended));
  });

  test("is refused also where the model was asked meanwhile, and of that nothing is kept", async () => {
    const busy = await isolate("busy", { CHAT_CONCURRENT_STREAMS: "2" });
    const { body: team } = await here.call("POST", "/api/teams", { name: "Busy" });
    const api = client({ url: busy.url, key: team.key });
    const streams = await Promise.all(Array.from({ length: 2 }, () => api.chat({ message: "hello", model: "mock-ok:words=100,delay=20" })));
    await Promise.all(streams.map((stream) => stream.arrived("meta")));
    // All were admitted so far, and the model answers: the next one is expected to be as well.
    const refused = await api.call("POST", "/api/chat", { message: "one too many", model: "mock-ok:words=1", stream: false });
    assert.deepEqual([refused.status, refused.body.code, refused.headers.get("retry-after")], [429, "rate_limited", "1"]);
    const { body: conversations } = await api.call("GET", "/api/conversations");
    assert.deepEqual(conversations.data.map(({ title }) => title), ["hello", "hello"]);
    await Promise.all(streams.map(({ ended }) => ended));
    assert.equal((await api.say({ message: "hello", model: "mock-ok:words=1" })).status, 200);
  });

  test("has its slot back when it reads the end", async () => {
    const one = await isolate("one", { CHAT_CONCURRENT_STREAMS: "1" });
    const { body: team } = await here.call("POST", "/api/teams", { name: "One" });
    const api = client({ url: one.url, key: team.key });
    for (let turn = 0; turn < 10; turn += 1) {
      const stream = await api.chat({ message: "hello", model: "mock-ok:words=2" });
      assert.equal(stream.status, 200, `${turn}`);
      await stream.arrived("done");
    }
  });
});

describe("an estimate of tokens", () => {
  const model = "mock-ok:tokens_in=3000,words=1";
  const count = async (api) => (await api.call("POST", "/api/tokens", { model, text: "word ".repeat(1000) })).body;

  test("follows what the provider reports, in every isolate and in the next ones", async () => {
    const before = await count(here);
    assert.equal(before.exact, false);
    assert.ok(before.tokens < 1500, `${before.tokens}`);
    await here.say({ message: "word ".repeat(1000), model });
    await sleep(200);
    const after = await count(here);
    assert.ok(after.tokens > 2900 && after.tokens <= 3000, `${after.tokens} after ${before.tokens}`);
    const fresh = await isolate("calibrated");
    const next = client({ url: fresh.url, key: stack.adminKey });
    assert.equal((await count(next)).tokens, after.tokens);
    const stream = await next.say({ message: "word ".repeat(1000), model });
    const { estimated_tokens_in } = stream.events[0].data;
    assert.ok(estimated_tokens_in > 2900 && estimated_tokens_in < 3100, `${estimated_tokens_in}`);
  });

  test("is a team's own, and there while Redis is down", async () => {
    const { body: team } = await here.call("POST", "/api/teams", { name: "Uncalibrated" });
    const stranger = client({ url: stack.url, key: team.key });
    const plain = (await count(stranger)).tokens;
    assert.ok(plain < 1500, `${plain}`);
    await fault("refuse");
    assert.equal((await count(stranger)).tokens, plain);
    assert.ok((await count(here)).tokens > 2900);
    await stranger.say({ message: "word ".repeat(1000), model });
    assert.ok((await count(stranger)).tokens > 2900, "it learns for itself");
  });
});

describe("a long conversation", () => {
  test("is summarised once it fills most of the model's window, and goes on with the summary", async () => {
    const long = "word ".repeat(8_000);
    const model = "mock-ok:words=5";
    let conversation_id;
    const contexts = [];
    for (let turn = 0; turn < 6; turn += 1) {
      const stream = await here.say({ message: `${turn} ${long}`, model, conversation_id });
      assert.equal(stream.events.at(-1).event, "done", JSON.stringify(stream.events.at(-1)));
      ({ conversation_id } = stream.events[0].data);
      contexts.push(stream.events[0].data.context);
      await sleep(300);
    }
    assert.deepEqual(contexts[0], { messages_kept: 0, messages_dropped: 0, summarised: false });
    assert.deepEqual(contexts[1], { messages_kept: 2, messages_dropped: 0, summarised: false });
    const last = contexts.at(-1);
    assert.equal(last.summarised, true);
    assert.ok(last.messages_kept >= 2 && last.messages_kept + last.messages_dropped === 10, JSON.stringify(last));
    const asked = (await providerRequests(model)).at(-1).body.messages;
    assert.match(asked[0].content, /^Summary of the conversation so far:/);
  });

  test("is summarised by the model that is configured for it, and that is counted", async () => {
    const summariser = "mock-ok:words=9,tokens_in=777";
    const cheap = await isolate("cheap", { CHAT_SUMMARY_MODEL: summariser });
    const { body: team } = await here.call("POST", "/api/teams", { name: "Thrifty" });
    const api = client({ url: cheap.url, key: team.key });
    let conversation_id;
    const long = "word ".repeat(14_000);
    for (const message of [`First: ${long}`, "short", `Then: ${long}`]) {
      const stream = await api.say({ message, model: "mock-ok:words=6", conversation_id });
      ({ conversation_id } = stream.events[0].data);
      await sleep(700);
    }
    const asked = await providerRequests(summariser);
    assert.equal(asked.length, 1);
    const [system, said] = asked[0].body.messages;
    assert.match(system.content, /^Summarise the conversation/);
    assert.match(said.content, /^User: First: word word/);
    assert.doesNotMatch(said.content, /short/, "the newest stay as they are");
    const next = await api.say({ message: "and now?", model: "mock-ok:words=6", conversation_id });
    const { summarised, messages_kept } = next.events[0].data.context;
    assert.deepEqual([summarised, messages_kept], [true, 5]);
    const redis = async (...command) => {
      const headers = { authorization: `Bearer ${stack.restToken}` };
      return (await (await fetch(stack.restUrl, { method: "POST", headers, body: JSON.stringify(command) })).json()).result;
    };
    await sleep(500);
    const streams = (await redis("KEYS", "events:*")).filter((key) => !key.endsWith("set-aside"));
    const entries = (await Promise.all(streams.map((key) => redis("XRANGE", key, "-", "+")))).flat().map((entry) => JSON.stringify(entry));
    const summaries = entries.filter((entry) => /source\W+summary/.test(entry) && entry.includes(conversation_id));
    assert.equal(summaries.length, 1, entries.at(-1));
    assert.match(summaries[0], /tokens_in\W+777/);
  });
});
