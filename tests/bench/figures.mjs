/**
 * Every figure: what it is, its unit, and the target it is held to.
 */

/** @typedef {{title: string, unit?: string, least?: number, below?: number, exactly?: number}} Figure */

/** What the gateway adds to a model's answer. @returns {Record<string, Figure>} */
function chatFigures() {
  const figures = {
    chat_gap_direct_p50_ms: { title: "between two words, direct, 16 at once, p50", unit: "ms" },
    chat_gap_p50_ms: { title: "the same through us", unit: "ms" },
    chat_gap_direct_p99_ms: { title: "between two words, direct, 16 at once, p99", unit: "ms" },
    chat_gap_p99_ms: { title: "the same through us", unit: "ms" },
    chat_bursts_direct_percent: { title: "words that come together with the one before, direct", unit: "%" },
    chat_bursts_percent: { title: "the same through us", unit: "%" },
    chat_breaker_failures: { title: "requests that a dead provider fails before it is left alone", unit: "requests", below: 6 },
    chat_breaker_recovery_ms: { title: "from the provider's return to the first answer", unit: "ms", below: 7000 },
    chat_streams: { title: "answers at once through one process", unit: "streams" },
    chat_streams_lost: { title: "of them lost", unit: "streams", exactly: 0 },
    chat_streams_different: { title: "of them with another text", unit: "streams", exactly: 0 },
    chat_stream_kb: { title: "memory of one of them, at the peak", unit: "kB" },
    chat_interrupted: { title: "answers left at a random point and resumed from another isolate", unit: "streams" },
    chat_interrupted_different: { title: "of them with another text than an uninterrupted one", unit: "streams", exactly: 0 },
  };
  for (const concurrent of [1, 16, 64]) {
    for (const rank of ["p50", "p99"]) {
      const title = (what) => `${what}, added to the model's own, ${concurrent} at once, ${rank}`;
      figures[`chat_ttft_${rank}_ms_${concurrent}`] = { title: title("time to the first word"), unit: "ms", ...(rank === "p50" && concurrent === 16 ? { below: 5 } : {}) };
      figures[`chat_total_${rank}_ms_${concurrent}`] = { title: title("time to the end"), unit: "ms" };
      figures[`chat_front_door_ttft_${rank}_ms_${concurrent}`] = { title: title("time to the first word through the front door"), unit: "ms" };
      figures[`chat_front_door_total_${rank}_ms_${concurrent}`] = { title: title("time to the end through the front door"), unit: "ms" };
    }
  }
  return figures;
}

/** The same question over few inferences and over many. @returns {Record<string, Figure>} */
function analyticsFigures() {
  const figures = {
    ingest_accepted_per_s: { title: "events through POST /api/ingest, 100 a request", unit: "events/s" },
    ingest_drained_per_s: { title: "events from the streams into PostgreSQL, one drain", unit: "events/s" },
    ingest_lost: { title: "of them lost or counted twice", unit: "events", exactly: 0 },
    analytics_few: { title: "inferences of the small team, over 30 days", unit: "inferences" },
    analytics_many: { title: "inferences of the large team", unit: "inferences" },
    analytics_largest_ratio: { title: "a route's median over many inferences over that over few, largest of all routes", below: 2 },
    chat_ingestion_stopped_p50_ms: { title: "an answer of a quick model while nothing is ingested, median", unit: "ms" },
    chat_ingestion_running_p50_ms: { title: "the same while 200 events a second come in and are drained", unit: "ms" },
    chat_ingestion_stopped_p99_ms: { title: "p99 of the former", unit: "ms" },
    chat_ingestion_running_p99_ms: { title: "p99 of the latter", unit: "ms" },
    chat_ingestion_difference_ms: { title: "median difference between a round and its neighbour with ingestion", unit: "ms" },
    chat_ingestion_noise_ms: { title: "how much rounds without it differ among themselves", unit: "ms" },
    redaction_us_per_kb: { title: "redaction as WebAssembly, a text of 16 kB", unit: "µs/kB" },
    redaction_short_us_per_kb: { title: "the same, a text of 1 kB", unit: "µs/kB" },
    export_messages: { title: "messages of a CSV export", unit: "messages" },
    export_seconds: { title: "all of it", unit: "s" },
    export_mb: { title: "its size", unit: "MB" },
    export_short_wasm_mb: { title: "WebAssembly's memory after a tenth of that", unit: "MB" },
    export_short_heap_mb: { title: "JavaScript's at its peak meanwhile", unit: "MB" },
    export_wasm_mb: { title: "WebAssembly's memory after all of it", unit: "MB" },
    export_heap_mb: { title: "JavaScript's at its peak meanwhile", unit: "MB" },
    export_memory_mb: { title: "both: the function's memory", unit: "MB", below: 128 },
    export_slow_heap_mb: { title: "JavaScript's for a reader who takes a breath after each chunk", unit: "MB" },
  };
  for (const route of ["overview", "timeseries", "timeseries_hourly", "timeseries_by_model", "latency", "latency_by_version", "costs", "versions"]) {
    for (const size of ["few", "many"]) {
      for (const rank of ["p50", "p99"]) figures[`analytics_${route}_${size}_${rank}_ms`] = { title: `${route} over ${size}, ${rank}`, unit: "ms" };
    }
    figures[`analytics_${route}_ratio`] = { title: `${route}, median over many over that over few`, below: 2 };
    figures[`analytics_${route}_p99_ratio`] = { title: `${route}, the same of p99`, below: 2 };
  }
  return figures;
}

/** How fast tokens are counted, beside tiktoken-rs. @returns {Record<string, Figure>} */
function tokenFigures() {
  const figures = {
    tokens_first_count_ms: { title: "first count of a new process with o200k, as WebAssembly, median", unit: "ms", below: 5 },
    tokens_first_count_max_ms: { title: "the same, largest", unit: "ms" },
    tokens_first_count_tiktoken_ms: { title: "the same of tiktoken-rs, median", unit: "ms" },
    tokens_table_kb: { title: "the table of o200k", unit: "kB" },
    tokens_table_gzip_kb: { title: "the same, compressed", unit: "kB" },
  };
  for (const kind of ["english", "code", "chinese", "emoji", "whitespace", "base64"]) {
    figures[`tokens_ratio_${kind}`] = { title: `throughput over that of tiktoken-rs, as WebAssembly, ${kind}`, least: 3 };
    figures[`tokens_mb_per_s_${kind}`] = { title: `throughput, ${kind}`, unit: "MB/s" };
  }
  return figures;
}

/** @type {Record<string, Figure>} */
const FIGURES = {
  resolve_ratio: { title: "resolve-prompt's requests a second over hello-worker's", least: 0.8 },
  resolve_cpu_ratio: { title: "the same from CPU time per request, which neighbours on the machine hardly touch", least: 0.8 },
  resolve_rps: { title: "resolve-prompt", unit: "requests/s" },
  hello_rps: { title: "hello-worker", unit: "requests/s" },
  resolve_cpu_us: { title: "CPU time of one resolve request, runtime included", unit: "µs" },
  hello_cpu_us: { title: "CPU time of one hello request", unit: "µs" },
  promote_max_ms: { title: "promotion, from the call to the last edge", unit: "ms", below: 1500 },
  rollback_max_ms: { title: "rollback, from the call to the last edge", unit: "ms", below: 1500 },
  rollback_after_answer_max_ms: { title: "rollback, from the call's answer to the last edge", unit: "ms", below: 1500 },
  delete_max_ms: { title: "deletion, from the call to the last edge", unit: "ms", below: 1500 },
  delete_after_answer_max_ms: { title: "deletion, from the call's answer to the last edge", unit: "ms", below: 1500 },
  revoke_max_ms: { title: "revoked key, from the call to the last edge", unit: "ms", below: 1500 },
  revoke_after_answer_max_ms: { title: "revoked key, from the call's answer to the last edge", unit: "ms", below: 1500 },
  rollback_lost_invalidation_max_ms: { title: "rollback whose Redis write fails", unit: "ms", below: 5000 },
  delete_lost_invalidation_max_ms: { title: "deletion whose Redis write fails", unit: "ms", below: 5000 },
  revoke_lost_invalidation_max_ms: { title: "revoked key whose Redis write fails", unit: "ms", below: 5000 },
  assign_us: { title: "assigning one user to one of ten variants, in wasm on workerd", unit: "µs", below: 5 },
  experiment_resolve_ratio: { title: "requests a second with an experiment of four arms over those without one", least: 0.9 },
  experiment_cpu_ratio: { title: "the same from CPU time per request", least: 0.9 },
  experiment_resolve_rps: { title: "with an experiment of four arms, users who come back", unit: "requests/s" },
  experiment_without_rps: { title: "without one", unit: "requests/s" },
  experiment_new_users_rps: { title: "with one, every request a new user: each is an event", unit: "requests/s" },
  kill_max_ms: { title: "kill switch of an experiment, from the call to the last edge", unit: "ms", below: 1500 },
  canary_rollback_ms: { title: "bad canary, from the schedule's look at it to the last edge", unit: "ms", below: 5000 },
  simulation_users: { title: "users who resolve, chat and give feedback", unit: "users" },
  simulation_count_differences: { title: "exposures, samples and approvals that results count differently", exactly: 0 },
  simulation_true_lift: { title: "the lift that was built in" },
  simulation_lift: { title: "the lift that results say" },
  simulation_lift_low: { title: "its interval, from" },
  simulation_lift_high: { title: "its interval, to" },
  simulation_interval_holds_truth: { title: "whether the interval holds the built-in lift", exactly: 1 },
  simulation_finds_winner: { title: "whether the verdict is the better arm" },
  simulation_srm_p_value: { title: "how likely the split is under the weights" },
  simulation_seconds: { title: "all of that", unit: "s", below: 600 },
  simulation_users_per_s: { title: "users a second", unit: "users/s" },
  new_isolate_ms: { title: "first answer of a new isolate, key and release in Redis, median", unit: "ms", below: 50 },
  new_isolate_max_ms: { title: "the same, largest", unit: "ms" },
  new_isolate_crowded_ms: { title: "the median where another isolate has begun since, at which V8 drops compiled code", unit: "ms" },
  postgres_connection_ms: { title: "a new isolate's connection to PostgreSQL with an empty query, median", unit: "ms" },
  new_isolate_postgres_ms: { title: "first answer of a new isolate, Redis empty, median", unit: "ms" },
  new_isolate_postgres_max_ms: { title: "the same, largest", unit: "ms" },
  new_isolate_postgres_crowded_ms: { title: "the median where another isolate has begun since", unit: "ms" },
  isolate_start_cpu_ms: { title: "CPU time from the start of a process until its isolates have begun, median", unit: "ms" },
  outage_answers: { title: "answers while both stores were dead for 10 s", unit: "answers" },
  stale_5xx: { title: "of them errors, for prompts already seen", unit: "answers", exactly: 0 },
  recovery_ms: { title: "from the stores' return to the last edge that answers fresh", unit: "ms", below: 5000 },
  ...chatFigures(),
  ...analyticsFigures(),
  ...tokenFigures(),
  load_average: { title: "load of the machine when the run began, 1 minute" },
};

const SIZES = { "gzip_kb.resolve-prompt": 400 };

/** @param {string} name @returns {Figure} */
function figureOf(name) {
  if (name.startsWith("gzip_kb.")) return { title: "compressed size", unit: "kB", below: SIZES[name] };
  return FIGURES[name] ?? { title: "" };
}

/** @param {Figure} figure @param {number} value @returns {string} Nothing where there is no target. */
function verdictOf({ least, below, exactly }, value) {
  const judge = (isMet, target) => `${isMet ? "ok    " : "MISSED"} (target ${target})`;
  if (least !== undefined) return judge(value >= least, `≥ ${least}`);
  if (below !== undefined) return judge(value < below, `< ${below}`);
  if (exactly !== undefined) return judge(value === exactly, exactly);
  return "";
}

/** A figure for the eye. `target` replaces its own where that depends on another figure. */
export function describe(name, value, target = {}) {
  const figure = { ...figureOf(name), ...target };
  const number = `${value} ${figure.unit ?? ""}`;
  return `  ${name.padEnd(36)}${number.padEnd(20)}${verdictOf(figure, value).padEnd(26)}${figure.title}`.trimEnd();
}

/** To four digits: one more than mean something, so that what is just missed is not rounded to its target. */
export function rounded(value) {
  if (!Number.isFinite(value)) throw new Error(`not a figure: ${value}`);
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
