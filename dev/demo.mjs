/**
 * `make demo`: a week of traffic in the system that `make dev` runs, for somebody to look at: several teams, prompts
 * and versions, an experiment in progress, an hour of errors and an afternoon that was too dear.
 *
 * Prompts, versions, releases, the experiment and some conversations are made through the public API. What happened
 * last week cannot be: the API's times are its own. So that goes to the database as a drain would bring it there.
 *
 * PORT names the port of `make dev`. URL, KEY and DATABASE_URL name another system; SHARE makes less traffic, 0.1 a
 * tenth; DEMO_FILE says where it is kept what is done. A run that broke off is finished by the next one.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withClient } from "./migrate.mjs";
import { Failure, root, runMain } from "./processes.mjs";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = 7;
const BATCH = 500;
const now = Date.now();
const SHARE = Number(process.env.SHARE ?? 1);
/** By the clock of whoever looks at it: two days ago after lunch, and four days ago for an hour in the morning. */
const SPIKE = { daysAgo: 2, from: 13, to: 17 };
const ILLNESS = { daysAgo: 4, from: 10, to: 11 };

/** The same week each time: Mulberry32. */
let seed = 20261121;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** A positive number around `median`; one in six is `spread` times as large or more. */
const around = (median, spread) => median * spread ** normal();
const pick = (list) => list[Math.floor(random() * list.length)];

/** What each prompt is, who uses it how much, and how its versions do. Prices are in USD for a million tokens. */
const MODELS = {
  "gpt-4o-mini": { in: 0.15, out: 0.6, ttft: 320, perToken: 9 },
  "gpt-4o": { in: 2.5, out: 10, ttft: 420, perToken: 14 },
  "claude-sonnet-4-5": { in: 3, out: 15, ttft: 610, perToken: 17 },
  "gemini-2.5-flash": { in: 0.3, out: 2.5, ttft: 380, perToken: 6 },
};

const TEAMS = [
  {
    name: null,
    prompts: [
      {
        name: "support/answer", description: "Answers what customers ask.", tags: ["support", "customer-facing"], collection: "Support",
        perHour: 55, tokensIn: 900, tokensOut: 180,
        versions: [
          { model: "gpt-4o-mini", system: "You help customers of a shop for bicycles.", text: "Customer: {{ question }}", approval: 0.64, until: 5 },
          { model: "gpt-4o", system: "You help customers of a shop for bicycles. Be brief and kind.", text: "Customer: {{ question }}\n\nAnswer in at most three sentences.", approval: 0.72, until: 0 },
          { model: "gpt-4o-mini", system: "You help customers of a shop for bicycles. Be brief and kind. Say so when you do not know.", text: "Customer: {{ question }}\n\nAnswer in at most three sentences, and name the page that says more.", approval: 0.79, until: 0 },
        ],
        live: 2, experiment: { control: 2, treatment: 3, days: 3 },
      },
      {
        name: "search/rewrite", description: "Turns what people type into what the index understands.", tags: ["search"], collection: "Search",
        perHour: 80, tokensIn: 260, tokensOut: 30, spike: true,
        versions: [
          { model: "gemini-2.5-flash", text: "Rewrite as a search for bicycles: {{ query }}", approval: 0.81, until: 3 },
          { model: "gemini-2.5-flash", text: "Rewrite as a search for bicycles, keeping brands as they are: {{ query }}", approval: 0.86, until: 0 },
        ],
        live: 2,
      },
      {
        name: "onboarding/welcome", description: "The first message that a new customer gets.", tags: ["growth"], collection: null,
        perHour: 9, tokensIn: 420, tokensOut: 220,
        versions: [{ model: "claude-sonnet-4-5", text: "Welcome {{ name }}, who rides {{ kind_of_bicycle }}.", approval: 0.88, until: 0 }],
        live: 1,
      },
    ],
  },
  {
    name: "Checkout",
    prompts: [
      {
        name: "basket/suggest", description: "What goes with what is in the basket.", tags: ["revenue"], collection: null,
        perHour: 30, tokensIn: 600, tokensOut: 90,
        versions: [
          { model: "gpt-4o-mini", text: "Suggest one thing that goes with: {{ basket }}", approval: 0.58, until: 4 },
          { model: "claude-sonnet-4-5", text: "Suggest one thing that goes with: {{ basket }}. Give one reason.", approval: 0.69, until: 0 },
        ],
        live: 2,
      },
    ],
  },
  {
    name: "Workshop",
    prompts: [
      {
        name: "repair/estimate", description: "What a repair will cost, from its description.", tags: ["internal"], collection: null,
        perHour: 14, tokensIn: 1500, tokensOut: 260,
        versions: [{ model: "gpt-4o", text: "Estimate the repair: {{ description }}", approval: 0.74, until: 0 }],
        live: 1,
      },
    ],
  },
];

const QUESTIONS = [
  "Where is my order?", "Can I return a helmet that I have worn once?", "Which tyres fit a 28 inch wheel?", "How do I adjust the brakes?",
  "Do you repair electric bicycles?", "The chain squeaks when it rains.", "Is there a discount for students?", "How long does delivery take?",
];

function target() {
  const url = process.env.URL ?? `http://127.0.0.1:${process.env.PORT ?? 8787}`;
  const dir = join(root, ".dev");
  const keyFile = join(dir, "admin.key");
  const key = process.env.KEY ?? (existsSync(keyFile) ? readFileSync(keyFile, "utf8").trim() : undefined);
  const databaseUrl = process.env.DATABASE_URL ?? embeddedDatabase(dir);
  if (!key || !databaseUrl) throw new Failure("nothing to fill: start the system with `make dev` first, and then run this beside it.");
  return { url, key, databaseUrl };
}

/** Where the PostgreSQL of `make dev` is. */
function embeddedDatabase(dir) {
  const [pidFile, passwordFile] = [join(dir, "postgres/postmaster.pid"), join(dir, "postgres.password")];
  if (!existsSync(pidFile) || !existsSync(passwordFile)) return undefined;
  const port = readFileSync(pidFile, "utf8").split("\n")[3];
  return `postgres://promptlab:${readFileSync(passwordFile, "utf8").trim()}@127.0.0.1:${port}/promptlab`;
}

/** What is done of a system's demo: its teams with their keys, which are shown only once. */
class Progress {
  #file = process.env.DEMO_FILE ?? join(root, ".dev/demo.json");

  constructor(url) {
    this.url = url;
    this.#all = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, "utf8")) : {};
    this.#all[url] ??= { teams: {}, isDone: false };
  }

  /** @type {Record<string, {teams: Record<string, {teamId: string, key: string}>, isDone: boolean}>} */
  #all;

  get of() {
    return this.#all[this.url];
  }

  save() {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#all), { mode: 0o600 });
  }
}

function client(url, key) {
  return async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    }).catch(() => {
      throw new Failure(`nobody answers at ${url}: start the system with \`make dev\` first.`);
    });
    const answer = response.status === 204 ? null : await response.json();
    if (response.ok) return answer;
    const failure = new Failure(`${method} ${path}: ${response.status} ${answer.code}: ${answer.detail} ${JSON.stringify(answer.errors ?? "")}`);
    throw Object.assign(failure, { status: response.status });
  };
}

/** Makes something, or finds what an earlier run has made. */
async function make(api, path, body, find) {
  try {
    return await api("POST", path, body);
  } catch (error) {
    const found = error.status === 409 ? await find() : undefined;
    if (!found) throw error;
    return found;
  }
}

async function main() {
  const { url, key, databaseUrl } = target();
  const admin = client(url, key);
  const me = await admin("GET", "/api/me");
  const progress = new Progress(url);
  if (progress.of.isDone) throw new Failure("the demo is there already. To begin anew, stop `make dev` and delete .dev.");
  await withClient(databaseUrl, async (database) => {
    let total = 0;
    for (const team of TEAMS) {
      const { api, teamId } = await enter(team, { url, admin, me, progress });
      for (const prompt of team.prompts) {
        const made = await makePrompt(api, prompt);
        const events = traffic(teamId, prompt, made);
        await store(database, events);
        total += events.length;
        console.log(`  ${team.name ?? me.team.name}: ${prompt.name}, ${prompt.versions.length} versions, ${events.length} events`);
      }
    }
    await database.query("select maintain_events(30)");
    await converse(admin);
    progress.of.isDone = true;
    progress.save();
    console.log(`\n${total} events of ${DAYS} days, and some conversations. Look at ${url}.`);
  });
}

/** The team that asks, or a new one with a key of its own. */
async function enter({ name }, { url, admin, me, progress }) {
  if (name === null) return { api: admin, teamId: me.team.id };
  const { teams } = progress.of;
  if (!teams[name]) {
    const made = await admin("POST", "/api/teams", { name });
    teams[name] = { teamId: made.team?.id ?? made.id, key: made.key.key ?? made.key };
    progress.save();
  }
  return { api: client(url, teams[name].key), teamId: teams[name].teamId };
}

async function makePrompt(api, prompt) {
  const path = `/api/prompts/${encodeURIComponent(prompt.name)}`;
  const made = await make(api, "/api/prompts", {
    name: prompt.name, description: prompt.description, tags: prompt.tags, ...(await placeOf(api, prompt)),
  }, () => api("GET", path));
  const versions = [];
  for (const [index, { model, system, text }] of prompt.versions.entries()) {
    // The same content is the same version.
    const version = await api("POST", `${path}/versions`, {
      type: "text", template_text: text, ...(system ? { system_prompt: system } : {}), model_id: model, temperature: 0.3, max_tokens: 600,
      commit_message: index === 0 ? "Begin" : `Try wording ${index + 1}`,
    });
    versions.push(version.version_id);
    // Those that were live once were promoted; the one that is tried has not been.
    const isTried = index >= prompt.live;
    for (const environment of isTried ? ["staging"] : ["staging", "production"]) {
      if ((made.pointers?.[environment]?.version_number ?? 0) > index) continue;
      const justification = isTried ? "Under test" : index === 0 ? "First release" : "Better in review";
      await api("POST", `${path}/promote`, { version_id: version.version_id, environment, justification });
    }
  }
  return { promptId: made.id, versions, experiment: prompt.experiment ? await makeExperiment(api, path, prompt, made.id, versions) : null };
}

/** The collection that a prompt is put into, if any. */
async function placeOf(api, { collection: name }) {
  if (!name) return {};
  const { data } = await api("GET", "/api/collections?limit=200");
  const found = data.find((one) => one.name === name) ?? (await api("POST", "/api/collections", { name, description: "" }));
  return { collection_id: found.id };
}

async function makeExperiment(api, path, { experiment }, promptId, versions) {
  const running = async () => (await api("GET", `/api/experiments?status=active&prompt_id=${promptId}`)).data[0];
  return make(api, `${path}/experiments`, {
    name: "Name the page that says more",
    variants: [
      { name: "control", version_id: versions[experiment.control - 1], traffic_weight: 50 },
      { name: "pages", version_id: versions[experiment.treatment - 1], traffic_weight: 50 },
    ],
    allocation_strategy: "fixed_split", primary_metric: "approval", min_samples: 200,
    guardrails: [{ metric: "latency_ms", max_relative_regression: 0.2 }, { metric: "error_rate", max_relative_regression: 0.5 }],
  }, running);
}

/** Whether a time lies in some hours of a day. */
function isWithin(at, { daysAgo, from, to }) {
  const date = new Date(at);
  const day = new Date(now);
  day.setDate(day.getDate() - daysAgo);
  return date.toDateString() === day.toDateString() && date.getHours() >= from && date.getHours() < to;
}

/** How busy an hour is: most in the afternoon, little at night, less at weekends. */
function busyness(at) {
  const date = new Date(at);
  const hour = date.getHours() + date.getMinutes() / 60;
  const weekend = [0, 6].includes(date.getDay()) ? 0.45 : 1;
  return weekend * (0.15 + 0.85 * Math.max(0, Math.sin(((hour - 6) / 16) * Math.PI)) ** 1.5);
}

function traffic(teamId, prompt, made) {
  const events = [];
  for (let at = now - DAYS * DAY; at < now; at += 5 * MINUTE) {
    const expected = SHARE * (prompt.perHour / 12) * busyness(at) * around(1, 1.25);
    const count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
    for (let index = 0; index < count; index += 1) {
      const atMs = Math.min(now - 1, Math.floor(at + random() * 5 * MINUTE));
      events.push(...request(teamId, prompt, made, atMs, events.length));
    }
  }
  return events;
}

/** One inference, the exposure before it and perhaps the feedback after it. */
function request(teamId, prompt, made, at, number) {
  const daysAgo = (now - at) / DAY;
  const userNumber = Math.floor(700 * random() ** 1.7);
  const user = `customer-${userNumber}`;
  const runs = made.experiment && daysAgo < prompt.experiment.days;
  const isTreated = (Math.imul(userNumber + 17, 0x9e3779b1) >>> 0) % 2 === 1;
  let place = prompt.versions.findIndex(({ until }, index) => daysAgo > until && index < prompt.live);
  if (runs) place = (isTreated ? prompt.experiment.treatment : prompt.experiment.control) - 1;
  const version = prompt.versions[place === -1 ? prompt.live - 1 : place];
  const versionId = made.versions[prompt.versions.indexOf(version)];
  // An afternoon in which the dear model got the whole catalogue as context.
  const isSpike = prompt.spike && isWithin(at, SPIKE);
  const modelName = isSpike ? "claude-sonnet-4-5" : version.model;
  const model = MODELS[modelName];
  // An hour in which the provider was ill.
  const isIll = isWithin(at, ILLNESS);
  const status = random() < (isIll ? 0.22 : 0.009) ? "error" : random() < 0.006 ? "cancelled" : "ok";
  const tokensIn = Math.round(around(prompt.tokensIn, 1.3) * (isSpike ? 14 : 1));
  const cachedIn = random() < 0.35 ? Math.round(tokensIn * 0.6) : 0;
  const tokensOut = status === "ok" ? Math.max(1, Math.round(around(prompt.tokensOut, 1.4))) : 0;
  const ttft = Math.round(around(model.ttft, 1.35) * (isIll ? 4 : 1));
  const latency = Math.round(ttft + tokensOut * model.perToken * around(1, 1.15));
  const id = `demo-${made.promptId}-${number}`;
  const named = {
    team_id: teamId, prompt_id: made.promptId, version_id: versionId,
    ...(runs ? { experiment_id: made.experiment.experiment_id, variant: isTreated ? "pages" : "control" } : {}),
  };
  const events = [];
  if (runs) {
    events.push({ type: "exposure", id: `${id}-exposure`, at_ms: at - 2, ...named, period: made.experiment.period ?? 1, unit: user, environment: "production", request_id: id });
  }
  events.push({
    type: "inference", id, at_ms: at, source: random() < 0.7 ? "ingest" : "openai", environment: "production", unit: user, model: modelName, status,
    ...named, ...(runs ? { period: made.experiment.period ?? 1 } : {}),
    ...(status === "error" ? { error_code: isIll ? "provider_timeout" : pick(["rate_limited", "provider_error"]) } : {}),
    tokens_in: tokensIn, tokens_out: tokensOut, cached_tokens_in: cachedIn,
    cost_usd: ((tokensIn - cachedIn * 0.5) * model.in + tokensOut * model.out) / 1e6,
    latency_ms: isIll && status === "error" ? 30_000 : latency, ...(status === "error" ? {} : { ttft_ms: ttft }), request_id: id,
  });
  if (status === "ok" && random() < 0.14) {
    const approves = random() < version.approval - (isSpike ? 0.2 : 0) ? 1 : 0;
    events.push({ type: "feedback", id: `${id}-feedback`, at_ms: Math.min(now - 1, at + 20_000), ...named, unit: user, request_id: id, approval: approves });
  }
  return events;
}

/** As a drain brings events into the database, in batches. */
async function store(database, events) {
  for (let start = 0; start < events.length; start += BATCH) {
    await database.query("select ingest_events($1)", [JSON.stringify(events.slice(start, start + BATCH))]);
  }
}

/** A few conversations with the built-in model, some of them rated. */
async function converse(api) {
  for (const [index, question] of QUESTIONS.entries()) {
    const answer = await api("POST", "/api/chat", {
      message: question, prompt: "support/answer", variables: { question }, user_id: `customer-${index}`, model: "offline", stream: false,
    });
    if (index % 2 === 0) {
      await api("POST", "/api/chat", { message: "And how much is that?", conversation_id: answer.conversation_id, model: "offline", stream: false });
    }
    await api("POST", "/api/feedback", { message_id: answer.message_id, rating: index % 4 === 0 ? -1 : 1 });
  }
}

await runMain(main);
