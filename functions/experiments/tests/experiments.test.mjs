/**
 * Experiments and canaries on workerd, from resolve and chat over feedback and the event stream to results, and what
 * the schedule makes of them.
 *
 *   sh dev/node.sh --test functions/experiments/tests/experiments.test.mjs
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildFunctions } from "../../../dev/functions.mjs";
import { startStack } from "../../../dev/stack.mjs";

const FUNCTIONS = ["gateway", "prompts", "experiments", "resolve-prompt", "chat", "feedback", "ingest", "keys"];
const SECRET = "webhook-test-secret";
const PROPAGATION_MS = 5_000;

let dir, stack, webhook, alerts;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-experiments-"));
  await buildFunctions({ names: FUNCTIONS, quiet: true });
  await startWebhook();
  const vars = {
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${webhook.address().port}/alerts`,
    ALERT_WEBHOOK_SECRET: SECRET,
    CHAT_REQUESTS_PER_HOUR: "100000",
    CHAT_CONCURRENT_STREAMS: "1000",
  };
  stack = await startStack({ dir, vars, only: FUNCTIONS });
});

after(async () => {
  await stack?.stop();
  webhook?.close();
  webhook?.closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
});

/** A receiver that fails at each alert's first attempt: with an error, or, of what is completed, by saying nothing. */
async function startWebhook() {
  alerts = [];
  const attempts = new Map();
  webhook = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const count = (attempts.get(body) ?? 0) + 1;
    attempts.set(body, count);
    if (count > 1) alerts.push({ headers: request.headers, body });
    else if (JSON.parse(body).type === "canary.complete") return;
    response.writeHead(count > 1 ? 204 : 503).end();
  });
  webhook.listen(0, "127.0.0.1");
  await once(webhook, "listening");
}

/** The alert of a type, once it has come, with its signature checked as a receiver would. */
async function alertOf(type, limitMs) {
  const found = () => alerts.find(({ body }) => JSON.parse(body).type === type);
  await within(limitMs, `the alert ${type}, at its second attempt`, found);
  const { headers, body } = found();
  const timestamp = headers["x-promptlab-timestamp"];
  const signature = (signed) => `v1=${createHmac("sha256", SECRET).update(signed).digest("hex")}`;
  assert.equal(headers["x-promptlab-signature"], signature(`${timestamp}.${body}`));
  assert.notEqual(headers["x-promptlab-signature"], signature(`${timestamp}.${body} `), "every byte is signed");
  assert.ok(Math.abs(Date.now() / 1000 - Number(timestamp)) < 60, "it is of now, so that an old one can be refused");
  return JSON.parse(body);
}

async function call(method, path, body) {
  const headers = { authorization: `Bearer ${stack.adminKey}`, ...(body && { "content-type": "application/json" }) };
  const response = await fetch(`${stack.url}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

async function ok(method, path, body) {
  const answer = await call(method, path, body);
  assert.ok(answer.status < 300, `${method} ${path} → ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** A prompt with two versions, the first live. */
async function makePrompt(name) {
  await ok("POST", "/api/prompts", { name });
  const versions = [];
  for (const word of ["One", "Two"]) {
    const version = { type: "text", template_text: word, model_id: "offline" };
    versions.push((await ok("POST", `/api/prompts/${name}/versions`, version)).version_id);
  }
  await ok("POST", `/api/prompts/${name}/promote`, { version_id: versions[0], environment: "production" });
  return versions;
}

async function begin(name, [first, second], more = {}) {
  const made = await ok("POST", `/api/prompts/${name}/experiments`, {
    variants: [
      { name: "control", version_id: first, traffic_weight: 1 },
      { name: "other", version_id: second, traffic_weight: 1 },
    ],
    allocation_strategy: "fixed_split",
    primary_metric: "approval",
    ...more,
  });
  return `/api/experiments/${made.experiment_id}`;
}

/** What each user is served; a user counts as exposed then. */
async function resolveAll(prompt, users) {
  const answers = [];
  for (let at = 0; at < users.length; at += 50) {
    const requests = users.slice(at, at + 50).map((user_id) => ({ prompt, user_id }));
    answers.push(...(await ok("POST", "/api/resolve", { requests })).results);
  }
  return answers;
}

/** Each user chats, and says what they think of the answer. @returns {Promise<Map<string, string>>} user to variant */
async function chatAndRate(prompt, users, approves) {
  const variants = new Map();
  const queue = [...users.entries()];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, user_id] = next;
      const { message_id, variant } = await ok("POST", "/api/chat", { prompt, user_id, message: "Hello", stream: false });
      variants.set(user_id, variant);
      await ok("POST", "/api/feedback", { message_id, rating: approves(variant, index) ? 1 : -1 });
    }
  };
  await Promise.all(Array.from({ length: 24 }, work));
  return variants;
}

async function drain() {
  for (let empty = 0; empty < 2; ) {
    const { read } = await ok("POST", "/api/ingest/drain", {});
    empty = read > 0 ? 0 : empty + 1;
    await sleep(150);
  }
}

async function within(limitMs, what, check) {
  const started = Date.now();
  while (!(await check())) {
    assert.ok(Date.now() - started < limitMs, `not within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}

const runSchedule = () => ok("POST", "/api/experiments/run-schedule", {});
const people = (prefix, count) => Array.from({ length: count }, (_, index) => `${prefix}-${index}@example.com`);

describe("an experiment", () => {
  test("counts every user once, and its results are what was said", async () => {
    const versions = await makePrompt("counted");
    const path = await begin("counted", versions, { min_samples: 20 });
    const users = people("user", 160);
    const served = await resolveAll("counted", users);
    const rated = users.slice(0, 120);
    const variants = await chatAndRate("counted", rated, (variant, index) => (variant === "control" ? index % 10 === 0 : true));
    for (const [index, user] of rated.entries()) assert.equal(variants.get(user), served[index].variant, user);
    await resolveAll("counted", users);
    await drain();

    const results = await ok("GET", `${path}/results`);
    for (const variant of results.variants) {
      const mine = served.filter((answer) => answer.variant === variant.name);
      const rates = rated.flatMap((user, index) => (variants.get(user) === variant.name ? [variant.name !== "control" || index % 10 === 0] : []));
      assert.equal(variant.exposures, mine.length, variant.name);
      assert.equal(variant.samples, rates.length, variant.name);
      assert.ok(Math.abs(variant.mean - rates.filter(Boolean).length / rates.length) < 1e-9, JSON.stringify(variant));
      assert.equal(variant.in_two_arms, 0);
      assert.ok(variant.interval[0] <= variant.mean && variant.mean <= variant.interval[1]);
    }
    assert.equal(results.verdict, "winner", JSON.stringify(results));
    assert.equal(results.verdict_variant, "other");
    assert.equal(results.srm.alert, false);
    for (const metric of ["approval", "latency_ms", "error_rate"]) assert.equal(results.metrics[metric].length, 2, metric);
    assert.equal(results.metrics.error_rate[0].mean, 0);
  });

  test("follows the kill switch, and counts nobody while it is on", async () => {
    const versions = await makePrompt("switched");
    const path = await begin("switched", versions);
    const assignment = async () => (await ok("GET", "/api/resolve/switched?user_id=one")).assignment;
    await within(PROPAGATION_MS, "the experiment", async () => (await assignment()) === "experiment");
    await ok("POST", `${path}/kill`, {});
    await within(PROPAGATION_MS, "the kill switch", async () => (await assignment()) === "killed");
    const killed = await resolveAll("switched", people("late", 50));
    assert.ok(killed.every((answer) => answer.assignment === "killed" && answer.resolved_text === "One"));
    await drain();
    const results = await ok("GET", `${path}/results`);
    assert.equal(results.variants[0].exposures + results.variants[1].exposures, 1);
  });

  test("sees that an arm asks for a variable that strict callers do not have", async () => {
    const [first] = await makePrompt("demanding");
    const demanding = { type: "text", template_text: "One {{ new }}", model_id: "offline" };
    const { version_id } = await ok("POST", "/api/prompts/demanding/versions", demanding);
    const path = await begin("demanding", [first, version_id], { primary_metric: "error_rate" });
    const assigned = async () => (await resolveAll("demanding", ["one"]))[0].assignment === "experiment";
    await within(PROPAGATION_MS, "the experiment", assigned);
    const requests = people("strict", 40).map((user_id) => ({ prompt: "demanding", user_id, strict: true }));
    const { results } = await ok("POST", "/api/resolve", { requests });
    const failures = results.filter(({ error }) => error?.code === "missing_variables").length;
    assert.ok(failures > 5 && failures < 35, `${failures} of 40`);
    const alone = await call("GET", `/api/resolve/demanding?strict=true&user_id=${encodeURIComponent(requests[results.findIndex(({ error }) => error)].user_id)}`);
    assert.deepEqual([alone.status, alone.body.code], [422, "missing_variables"]);
    await drain();

    const { variants, metrics } = await ok("GET", `${path}/results`);
    assert.equal(variants[0].exposures + variants[1].exposures, 41);
    assert.deepEqual(metrics.error_rate.map(({ samples }) => samples), [0, failures]);
    assert.equal(metrics.error_rate[1].mean, 1);
    await ok("POST", `${path}/stop`, {});
  });

  test("whose guardrail fails is stopped, and its history says why, with the numbers", async () => {
    const versions = await makePrompt("limited");
    const path = await begin("limited", versions, { guardrails: [{ metric: "approval", max_relative_regression: 0.1 }] });
    const users = people("limit", 120);
    await within(PROPAGATION_MS, "the experiment", async () => (await resolveAll("limited", users.slice(0, 1)))[0].assignment === "experiment");
    await chatAndRate("limited", users, (variant) => variant === "control");
    await drain();
    assert.deepEqual((await runSchedule()).moves.map(({ action }) => action), ["stop"]);
    const stopped = await ok("GET", path);
    const last = stopped.history.at(-1);
    assert.deepEqual([stopped.status, last.action, last.user_id, last.reason], ["stopped", "stop", null, stopped.reason]);
    assert.match(last.reason, /approval/);
    assert.deepEqual([last.numbers.guardrail.mean, last.numbers.guardrail.control_mean], [0, 1]);
    assert.equal((await ok("GET", `${path}/results`)).verdict, "guardrail_failed");
    await within(PROPAGATION_MS, "the pointer alone", async () => (await resolveAll("limited", users)).every(({ assignment }) => assignment === "pointer"));
    assert.equal((await alertOf("experiment.stop", PROPAGATION_MS)).id, stopped.experiment_id);
  });

  test("that learns gives more to what is better, and waits in between", async () => {
    const versions = await makePrompt("learning");
    const path = await begin("learning", versions, { allocation_strategy: "thompson_sampling", min_samples: 10 });
    const users = people("learner", 240);
    await resolveAll("learning", users);
    await drain();
    assert.deepEqual((await runSchedule()).moves, [], "nothing is known yet");
    await chatAndRate("learning", users.slice(0, 120), (variant) => variant === "other");
    await drain();
    const { moves } = await runSchedule();
    assert.deepEqual(moves.map(({ action }) => action), ["reallocate"]);
    const changed = await ok("GET", path);
    assert.equal(changed.period, 2);
    assert.ok(changed.variants[1].weight > 0.95 && changed.variants[0].weight >= 0.01, JSON.stringify(changed.variants));
    assert.ok(changed.history.at(-1).numbers.probability_best[1] > 0.95);
    assert.deepEqual((await runSchedule()).moves, [], "not again within 15 minutes");
    // Whom the new weights move is counted where they were first, and is no alarm.
    await resolveAll("learning", users);
    await drain();
    const results = await ok("GET", `${path}/results`);
    assert.equal(results.variants[0].exposures + results.variants[1].exposures, 240);
    assert.equal(results.in_two_arms.units, 0);
    await ok("POST", `${path}/stop`, {});
  });
});

describe("a canary", () => {
  const steps = [
    { percent: 50, min_samples: 1_000, min_minutes: 0 },
    { percent: 100, min_samples: 1_000, min_minutes: 0 },
  ];
  const guardrails = [{ metric: "approval", max_relative_regression: 0.1 }];

  test("with a bad version rolls itself back, says why, and the webhook hears of it", async () => {
    const [, bad] = await makePrompt("guarded");
    const { canary_id } = await ok("POST", "/api/prompts/guarded/canary", { version_id: bad, environment: "production", steps, guardrails });
    const users = people("guest", 160);
    const assignments = async () => (await resolveAll("guarded", users.slice(0, 50))).map(({ assignment }) => assignment);
    await within(PROPAGATION_MS, "the canary", async () => (await assignments()).includes("canary"));
    const variants = await chatAndRate("guarded", users, (variant) => variant === "control");
    const inCanary = [...variants.values()].filter((variant) => variant === "canary").length;
    assert.ok(inCanary > 50 && inCanary < 110, `${inCanary} of 160`);
    await drain();

    // Two schedules at once do it once.
    const runs = await Promise.all([runSchedule(), runSchedule(), runSchedule()]);
    const moves = runs.flatMap((run) => run.moves);
    assert.deepEqual(moves.map(({ id, action }) => [id, action]), [[canary_id, "roll_back"]]);
    const started = Date.now();
    await within(PROPAGATION_MS, "the rollback", async () => (await assignments()).every((assignment) => assignment === "pointer"));
    console.log(`# rolled back at the edge ${Date.now() - started} ms after the schedule's answer`);

    const canary = await ok("GET", `/api/canaries/${canary_id}`);
    assert.equal(canary.state, "rolled_back");
    const last = canary.history.at(-1);
    assert.match(last.reason, /approval/);
    assert.equal(last.user_id, null);
    assert.equal(last.numbers.guardrail.mean, 0);
    assert.equal(last.numbers.guardrail.control_mean, 1);
    assert.ok(last.numbers.guardrail.excess_at_least > 0);
    assert.equal((await ok("GET", "/api/prompts/guarded")).pointers.production.version_number, 1);

    const alert = await alertOf("canary.roll_back", PROPAGATION_MS);
    assert.deepEqual([alert.id, alert.status, alert.reason], [canary_id, "rolled_back", last.reason]);
    assert.deepEqual(alert.numbers, last.numbers);
    assert.equal(alerts.filter(({ body }) => JSON.parse(body).id === canary_id).length, 1, "what is delivered is not sent again");
  });

  test("with a good version goes on when it has seen enough, and then live", async () => {
    const [, good] = await makePrompt("passing");
    const few = steps.map((step) => ({ ...step, min_samples: 20 }));
    const { canary_id } = await ok("POST", "/api/prompts/passing/canary", { version_id: good, environment: "production", steps: few, guardrails });
    const shown = () => ok("GET", `/api/canaries/${canary_id}`);
    assert.deepEqual((await runSchedule()).moves, []);
    assert.equal((await shown()).waiting_for.samples, 0);
    await within(PROPAGATION_MS, "the canary", async () => (await resolveAll("passing", people("first", 50))).some(({ assignment }) => assignment === "canary"));
    await chatAndRate("passing", people("guest", 80), (variant, index) => index % 10 < 7);
    await drain();
    // As Workers' own clock does it.
    await stack.workerd.runScheduled("experiments", "* * * * *");
    assert.equal((await shown()).step, 1);
    await within(PROPAGATION_MS, "everybody in the canary", async () =>
      (await resolveAll("passing", people("guest", 50))).every(({ assignment }) => assignment === "canary"));
    await drain();
    // Everybody whom the ramp has moved is no defect of the split.
    assert.equal((await shown()).share_in_two_arms, 0);
    assert.deepEqual((await runSchedule()).moves.map(({ action }) => action), ["complete"]);
    assert.equal((await shown()).state, "completed");
    const { pointers } = await ok("GET", "/api/prompts/passing");
    assert.equal(pointers.production.version_id, good);
    assert.equal((await alertOf("canary.advance", PROPAGATION_MS)).id, canary_id);
    // A receiver that says nothing is given up after four seconds, and asked again.
    assert.equal((await alertOf("canary.complete", 10_000)).id, canary_id);
  });

  test("does not undo what somebody promotes meanwhile", async () => {
    const [, slow] = await makePrompt("hotfixed");
    const version = { type: "text", template_text: "Hotfix", model_id: "offline" };
    const hotfix = (await ok("POST", "/api/prompts/hotfixed/versions", version)).version_id;
    const step = { percent: 50, min_samples: 0, min_minutes: 0 };
    const { canary_id } = await ok("POST", "/api/prompts/hotfixed/canary", { version_id: slow, environment: "production", steps: [step] });
    await ok("POST", "/api/prompts/hotfixed/promote", { version_id: hotfix, environment: "production" });
    const moves = async () => (await runSchedule()).moves.filter(({ id }) => id === canary_id).map(({ action }) => action);
    const live = async () => (await ok("GET", "/api/prompts/hotfixed")).pointers.production.version_id;
    assert.deepEqual(await moves(), ["pause"]);
    const { reason, history } = await ok("GET", `/api/canaries/${canary_id}`);
    assert.match(reason, /another version was promoted/);
    assert.equal(history[0].control_version_number, 1);
    assert.equal(await live(), hotfix);
    assert.deepEqual(await moves(), [], "it waits for a person");
    // Who resumes it knows what it is compared with now.
    await ok("POST", `/api/canaries/${canary_id}/resume`, {});
    assert.deepEqual(await moves(), ["complete"]);
    assert.equal(await live(), slow);
    const { data } = await ok("GET", `/api/audit?resource=${canary_id}&actor=schedule`);
    assert.deepEqual(data.map(({ action, user_name }) => [action, user_name]), [["canary.complete", "schedule"], ["canary.pause", "schedule"]]);
  });

  test("is over when its own version is promoted", async () => {
    const [, next] = await makePrompt("overtaken");
    const { canary_id } = await ok("POST", "/api/prompts/overtaken/canary", { version_id: next, environment: "production", steps, guardrails });
    await ok("POST", "/api/prompts/overtaken/promote", { version_id: next, environment: "production" });
    assert.deepEqual((await runSchedule()).moves.map(({ id, action }) => [id, action]), [[canary_id, "complete"]]);
    assert.equal((await ok("GET", `/api/canaries/${canary_id}`)).state, "completed");
  });
});
