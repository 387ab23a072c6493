/**
 * What an experiment costs where prompts are resolved, and how fast it is switched off everywhere.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./figures.mjs";
import { send } from "./installation.mjs";
import { Population } from "./population.mjs";
import { load } from "./throughput.mjs";
import { Watch } from "./watch.mjs";

const ROUNDS = 14;
const SECONDS = 1;
const WARM_UP_SECONDS = 4;
/** So many users come back again and again: after the warm-up all of them are known. */
const RETURNING_USERS = 10_000;
const ARMS = 4;
const REPETITIONS = 10;
const API = ["gateway", "prompts", "experiments", "resolve-prompt", "chat", "feedback", "ingest"];
const TEXT = "Answer in short sentences and do not guess: say so when you do not know. ".repeat(25);

/** Requests a second with an experiment of four arms, over those without one. @param {{installation: import("./installation.mjs").Installation, dir: string}} context */
export async function measureExperimentThroughput({ installation, dir }) {
  const api = await installation.startProcess(API);
  const names = { without: "bench/without", with: "bench/with" };
  await installation.createPrompt(names.without, [TEXT]);
  const versions = await installation.createPrompt(names.with, Array.from({ length: ARMS }, (_, arm) => `${TEXT} ${arm}`));
  await begin(installation, api, names.with, versions);
  const { key } = await installation.createKey("Experiments");
  const edge = await installation.startEdge();
  try {
    const target = (name, script) => ({ pid: edge.pid, url: `${edge.url}/api/resolve/${encodeURIComponent(names[name])}`, script });
    const returning = lua(dir, "returning", `count % ${RETURNING_USERS}`);
    const targets = {
      without: target("without", returning),
      with: target("with", returning),
      new: target("with", lua(dir, "new", `count .. "-" .. os.time()`)),
    };
    const first = await send(`${targets.with.url}?user_id=somebody`, { key });
    if (first.body?.assignment !== "experiment") throw new Error(`resolve answers ${first.status} ${first.text.slice(0, 200)}`);
    for (const one of [targets.without, targets.with]) await load(one, key, WARM_UP_SECONDS);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? ["without", "with"] : ["with", "without"];
      const measured = {};
      for (const name of order) measured[name] = await load(targets[name], key, SECONDS);
      rounds.push(measured);
    }
    const fresh = [];
    for (let round = 0; round < 3; round++) fresh.push(await load(targets.new, key, SECONDS));
    const of = (measure) => median(rounds.map(measure));
    return {
      experiment_resolve_ratio: of((round) => round.with.rps / round.without.rps),
      experiment_cpu_ratio: of((round) => round.without.cpuUs / round.with.cpuUs),
      experiment_resolve_rps: of((round) => round.with.rps),
      experiment_without_rps: of((round) => round.without.rps),
      experiment_new_users_rps: median(fresh.map(({ rps }) => rps)),
    };
  } finally {
    await installation.stopEdge(edge);
    await api.stop();
  }
}

/** The largest time until the last edge serves the control, and until a bad canary is gone. @param {{installation: import("./installation.mjs").Installation}} context */
export async function measureSwitches({ installation }) {
  const api = await installation.startProcess(API);
  try {
    return { ...(await killing(installation, api)), ...(await rollingBack(installation, api)) };
  } finally {
    await api.stop();
  }
}

async function killing(installation, api) {
  const versions = await installation.createPrompt("bench/switched", ["first", "second"]);
  const path = await begin(installation, api, "bench/switched", versions);
  const { key } = await installation.createKey("Switch");
  const watch = new Watch(urls(installation, "bench/switched"), { key });
  const kills = [];
  try {
    await watch.all(assigned("experiment"));
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      kills.push(await timed(watch, assigned("killed"), () => post(installation, api, `${path}/kill`)));
      await post(installation, api, `${path}/resume`);
      await watch.all(assigned("experiment"));
      await sleep(200 + Math.random() * 1_300);
    }
  } finally {
    await watch.stop();
  }
  return { kill_max_ms: Math.max(...kills) };
}

/** From the schedule's look at a canary whose guardrail has failed. */
async function rollingBack(installation, api) {
  const [, bad] = await installation.createPrompt("bench/guarded", ["good", "bad"]);
  const canary = await post(installation, api, "/api/prompts/bench%2Fguarded/canary", {
    version_id: bad,
    environment: "production",
    steps: [{ percent: 50, min_samples: 100_000 }],
    guardrails: [{ metric: "approval", max_relative_regression: 0.1 }],
  });
  const { key } = await installation.createKey("Canary");
  const watch = new Watch(urls(installation, "bench/guarded"), { key });
  try {
    await watch.all(({ body }) => ["canary", "control"].includes(body?.assignment));
    const population = new Population({ apis: [api], key: installation.stores.adminKey, prompt: "bench/guarded" });
    await population.visit(200, { approves: (variant) => variant === "control" });
    await population.drain();
    // Nobody asks for it: this is what the cron trigger of each minute does.
    const ms = await timed(watch, assigned("pointer"), () => api.runScheduled("experiments"));
    const { body } = await installation.call("GET", `/api/canaries/${canary.canary_id}`, undefined, { url: api.url });
    if (body.state !== "rolled_back") throw new Error(`the canary is ${body.state}`);
    return { canary_rollback_ms: ms };
  } finally {
    await watch.stop();
  }
}

async function begin(installation, api, name, versions) {
  const variants = versions.map((version_id) => ({ version_id, traffic_weight: 1 }));
  const body = { variants, allocation_strategy: "fixed_split", primary_metric: "approval" };
  const { experiment_id } = await post(installation, api, `/api/prompts/${encodeURIComponent(name)}/experiments`, body);
  return `/api/experiments/${experiment_id}`;
}

async function post(installation, api, path, body = {}) {
  const answer = await installation.call("POST", path, body, { url: api.url });
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

/** From the call until the last edge shows what is expected. */
async function timed(watch, isExpected, change) {
  watch.expect(isExpected);
  const called = performance.now();
  await change();
  return (await watch.settled()) - called;
}

const assigned = (assignment) => ({ status, body }) => status === 200 && body.assignment === assignment;

const urls = (installation, name) =>
  installation.edges.map(({ url }) => `${url}/api/resolve/${encodeURIComponent(name)}?user_id=watcher`);

/** A script that gives each request a user. */
function lua(dir, name, user) {
  const file = join(dir, `${name}.lua`);
  const lines = [
    "local count = 0",
    "request = function()",
    "  count = count + 1",
    `  return wrk.format(nil, wrk.path .. "?user_id=user-" .. ${user})`,
    "end",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
