/**
 * The first answer of a new isolate: one that has begun and has been asked nothing yet.
 */
import { median } from "./figures.mjs";
import { send } from "./installation.mjs";
import { cpuSeconds } from "./throughput.mjs";

const REPETITIONS = 7;
const PROMPT = "bench/first";

/** @param {{installation: import("./installation.mjs").Installation}} context */
export async function measureFirstAnswers({ installation }) {
  await installation.createPrompt(PROMPT, ["Hello {{ name }}"]);
  const { key } = await installation.createKey("First answers");
  const starts = [];
  const fill = () => keepInRedis(installation, key);
  const empty = () => installation.redis("FLUSHALL");
  const repeated = (prepare, options) => firstAnswers(installation, key, prepare, options, starts);
  const fromRedis = await repeated(fill);
  const fromPostgres = await repeated(empty);
  const crowded = await repeated(fill, { crowded: true });
  const crowdedFromPostgres = await repeated(empty, { crowded: true });
  return {
    new_isolate_ms: median(fromRedis),
    new_isolate_max_ms: Math.max(...fromRedis),
    new_isolate_crowded_ms: median(crowded),
    postgres_connection_ms: median(await connections(installation)),
    new_isolate_postgres_ms: median(fromPostgres),
    new_isolate_postgres_max_ms: Math.max(...fromPostgres),
    new_isolate_postgres_crowded_ms: median(crowdedFromPostgres),
    ...(starts.includes(null) ? {} : { isolate_start_cpu_ms: median(starts) * 1_000 }),
  };
}

async function firstAnswers(installation, key, prepare, options, starts) {
  const times = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const edge = await installation.startEdge({ asleep: true, ...options });
    try {
      starts.push(cpuSeconds(edge.pid));
      await prepare();
      const began = performance.now();
      await resolve(edge.url, key);
      times.push(performance.now() - began);
    } finally {
      await installation.stopEdge(edge);
    }
  }
  return times;
}

/** Has another isolate fill Redis, which it does after its answer, and lets nothing expire before it is measured. */
async function keepInRedis(installation, key) {
  for (const kind of ["release:*", "key:*"]) {
    let names = [];
    while (names.length === 0) {
      await resolve(installation.api.urls["resolve-prompt"], key);
      names = await installation.redis("KEYS", kind);
    }
    for (const name of names) await installation.redis("PERSIST", name);
  }
}

async function resolve(url, key) {
  const { status, text } = await send(`${url}/api/resolve/${encodeURIComponent(PROMPT)}`, { key });
  if (status !== 200) throw new Error(`resolve answers ${status} ${text}`);
}

/** What a new isolate spends on its first connection and a query that reads nothing, as `GET /ready` tells. */
async function connections(installation) {
  const times = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const gateway = await installation.startProcess(["gateway"], {}, { asleep: true });
    try {
      const { body } = await send(`${gateway.url}/ready`);
      times.push(body.dependencies.postgres.latency_ms);
    } finally {
      await gateway.stop();
    }
  }
  return times;
}
