/**
 * An experiment through the whole system, with a difference that is known: what its results say of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startPgbouncer } from "../../dev/pgbouncer.mjs";
import { Population } from "./population.mjs";

/** Fewer while trying something out. */
const USERS = Number(process.env.SIMULATED_USERS ?? 20_000);
const API = ["gateway", "prompts", "experiments", "resolve-prompt", "chat", "feedback", "ingest"];
/** What users think of the arms. */
const APPROVAL = { control: 0.5, shorter: 0.56 };
const LIFT = APPROVAL.shorter / APPROVAL.control - 1;
const PROMPT = "bench/simulated";
const PROCESSES = 3;
/** Seldom enough for batches to be full; a deployed installation drains each minute. */
const DRAIN_EVERY_MS = 20_000;

/**
 * Behind a pooler, as a deployed installation is: without one PostgreSQL spends most of its time beginning processes.
 * @param {{installation: import("./installation.mjs").Installation, dir: string}} context
 */
export async function measureSimulation({ installation, dir }) {
  const limits = { CHAT_REQUESTS_PER_HOUR: "1000000000", CHAT_CONCURRENT_STREAMS: "10000" };
  const pooler = await startPgbouncer({ dir, databaseUrl: installation.stores.databaseUrl });
  const apis = [];
  try {
    // As many isolates: one alone would be busy and leave a core idle.
    for (let index = 0; index < PROCESSES; index++) apis.push(await installation.startProcess(API, { ...limits, DATABASE_URL: pooler.url }));
    return await simulate(installation, apis);
  } finally {
    for (const api of apis) await api.stop();
    await pooler.stop();
  }
}

async function simulate(installation, apis) {
  const succeed = async (method, path, body) => {
    const answer = await installation.call(method, path, body, { url: apis[0].url });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  const path = await begin(succeed);
  const counted = { control: { users: 0, approvals: 0 }, shorter: { users: 0, approvals: 0 } };
  const population = new Population({ apis, key: installation.stores.adminKey, prompt: PROMPT });
  const began = performance.now();
  const over = new AbortController();
  const draining = (async () => {
    while (!over.signal.aborted) {
      await population.drain();
      await sleep(DRAIN_EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  })();
  await population.visit(USERS, {
    approves: (variant, user) => chance(user) < APPROVAL[variant],
    onUser: (_user, variant, isApproved) => {
      counted[variant].users += 1;
      counted[variant].approvals += Number(isApproved);
    },
  });
  over.abort();
  await draining;
  await population.drain();
  const seconds = (performance.now() - began) / 1000;
  const results = await succeed("GET", `${path}/results`);
  return { ...compare(results, counted), simulation_seconds: seconds, simulation_users_per_s: USERS / seconds };
}

/** Short answers: it is the counting that is simulated. */
async function begin(succeed) {
  await succeed("POST", "/api/prompts", { name: PROMPT });
  const place = `/api/prompts/${encodeURIComponent(PROMPT)}`;
  const ids = [];
  for (const template_text of ["Answer.", "Answer shortly."]) {
    ids.push((await succeed("POST", `${place}/versions`, { type: "text", template_text, model_id: "offline", max_tokens: 2 })).version_id);
  }
  await succeed("POST", `${place}/promote`, { version_id: ids[0], environment: "production" });
  const names = Object.keys(APPROVAL);
  const { experiment_id } = await succeed("POST", `${place}/experiments`, {
    variants: names.map((name, arm) => ({ name, version_id: ids[arm], traffic_weight: 50 })),
    allocation_strategy: "fixed_split",
    primary_metric: "approval",
  });
  return `/api/experiments/${experiment_id}`;
}

function compare(results, counted) {
  let differences = 0;
  for (const variant of results.variants) {
    const { users, approvals } = counted[variant.name];
    differences += Math.abs(variant.exposures - users) + Math.abs(variant.samples - users);
    differences += Math.abs(Math.round(variant.mean * variant.samples) - approvals);
  }
  const [, shorter] = results.variants;
  const [low, high] = shorter.relative_interval;
  return {
    simulation_users: USERS,
    simulation_count_differences: differences,
    simulation_true_lift: LIFT,
    simulation_lift: shorter.relative_lift,
    simulation_lift_low: low,
    simulation_lift_high: high,
    simulation_interval_holds_truth: Number(low <= LIFT && LIFT <= high),
    simulation_finds_winner: Number(results.verdict === "winner" && results.verdict_variant === "shorter"),
    simulation_srm_p_value: results.srm.p_value,
  };
}

/** A number in [0, 1) that belongs to the user: MurmurHash3's finalizer. */
function chance(user) {
  let hash = Math.imul(user + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
