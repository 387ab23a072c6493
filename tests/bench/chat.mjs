/**
 * What the gateway adds to a model's answer, how many answers it holds at once, and that none is lost.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startPgbouncer } from "../../dev/pgbouncer.mjs";
import { median } from "./figures.mjs";
import { askDirectly, askThroughUs, comeBack, startModels } from "./streams.mjs";

const FUNCTIONS = ["gateway", "chat"];
/** A quick model: a first word after 150 ms, then one every 20 ms. */
const MODEL = "mock-ok:first=130,delay=20,words=25";
const GAP_MS = 20;
const MODEL_MS = 650;
const LEVELS = [
  { concurrent: 1, rounds: 16 },
  { concurrent: 16, rounds: 6 },
  { concurrent: 64, rounds: 4 },
];
/** How many answers each client hears in a round, one after the other. */
const IN_A_ROW = 2;
const MANY = 500;
const MANY_MODEL = "mock-ok:first=200,delay=500,words=20";
const INTERRUPTED = 200;
const INTERRUPTED_MODEL = "mock-ok:first=50,delay=20,words=80";
const LIMITS = { CHAT_REQUESTS_PER_HOUR: "1000000", CHAT_CONCURRENT_STREAMS: "2000" };

/**
 * Behind a pooler, as a deployed installation is: without one an answer's two log-ins cost PostgreSQL as much as all the
 * rest costs us, and at 64 that is what is measured. The many have none, and a process that has only just begun: none of
 * them may be lost there either.
 * @param {{installation: import("./installation.mjs").Installation, dir: string}} context
 */
export async function measureChat({ installation, dir }) {
  const models = await startModels();
  const pooler = await startPgbouncer({ dir, databaseUrl: installation.stores.databaseUrl });
  const direct = { ...LIMITS, LLM_BASE_URL: `${models.url}/v1`, LLM_API_KEY: "bench" };
  const pooled = { ...direct, DATABASE_URL: pooler.url };
  const { key } = await installation.createKey("Chat");
  const started = [];
  const start = async (vars) => {
    const process = await installation.startProcess(FUNCTIONS, vars);
    started.push(process);
    return { url: process.urls.chat, frontDoor: process.url, key, models: models.url, pid: process.pid };
  };
  try {
    const target = await start(pooled);
    const figures = {};
    for (const level of LEVELS) Object.assign(figures, await overhead(target, level));
    Object.assign(figures, await breaker(target));
    Object.assign(figures, await many(await start(direct)));
    return Object.assign(figures, await interrupted(target, (await start(pooled)).url));
  } finally {
    for (const process of started) await process.stop();
    await pooler.stop();
    models.stop();
  }
}

const all = (count, ask) => Promise.all(Array.from({ length: count }, (_, index) => ask(index)));

/** So many clients at any time, who do not all begin at once. */
async function steadily(concurrent, ask) {
  const heard = await all(concurrent, async (index) => {
    await sleep((index * MODEL_MS) / concurrent);
    const answers = [];
    for (let count = 0; count < IN_A_ROW; count += 1) answers.push(await ask());
    return answers;
  });
  return heard.flat();
}

/**
 * Direct, through us, and through us and the front door, in turn. The difference is taken between the same ranks of both.
 */
async function overhead({ url, frontDoor, key, models }, { concurrent, rounds }) {
  const through = (address) => () => askThroughUs(address, key, { message: "hello", model: MODEL });
  const ways = [["direct", () => askDirectly(models, MODEL)], ["ours", through(url)], ["frontDoor", through(frontDoor)]];
  await all(Math.min(concurrent, 16), through(frontDoor));
  const heard = { direct: [], ours: [], frontDoor: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, ask] of round % 2 === 0 ? ways : ways.toReversed()) heard[name].push(...(await steadily(concurrent, ask)));
  }
  const lost = Object.values(heard).flat().filter(({ whole }) => !whole).length;
  if (lost > 0) throw new Error(`${lost} answers were lost at ${concurrent}`);
  const figures = {
    ...added(heard.ours, heard.direct, "chat", concurrent),
    ...added(heard.frontDoor, heard.direct, "chat_front_door", concurrent),
  };
  if (concurrent !== 16) return figures;
  const gaps = (answers) => answers.flatMap(({ at }) => at.slice(1).map((time, index) => time - at[index]));
  const [theirs, own] = [gaps(heard.direct), gaps(heard.ours)];
  return {
    ...figures,
    chat_gap_direct_p50_ms: quantile(theirs, 0.5),
    chat_gap_p50_ms: quantile(own, 0.5),
    chat_gap_direct_p99_ms: quantile(theirs, 0.99),
    chat_gap_p99_ms: quantile(own, 0.99),
    chat_bursts_direct_percent: bursts(theirs),
    chat_bursts_percent: bursts(own),
  };
}

/** What one way took longer than another. */
function added(answers, direct, name, concurrent) {
  const at = (measure, rank) => quantile(answers.map(measure), rank) - quantile(direct.map(measure), rank);
  return {
    [`${name}_ttft_p50_ms_${concurrent}`]: at(({ ttftMs }) => ttftMs, 0.5),
    [`${name}_ttft_p99_ms_${concurrent}`]: at(({ ttftMs }) => ttftMs, 0.99),
    [`${name}_total_p50_ms_${concurrent}`]: at(({ totalMs }) => totalMs, 0.5),
    [`${name}_total_p99_ms_${concurrent}`]: at(({ totalMs }) => totalMs, 0.99),
  };
}

/** Words that came together with the one before, of a hundred. */
const bursts = (gaps) => (gaps.filter((gap) => gap < GAP_MS / 4).length / gaps.length) * 100;

/** One process, many answers at once. */
async function many({ url, key, pid }) {
  const before = residentKb(pid);
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, residentKb(pid))), 250);
  const heard = await all(MANY, async (index) => {
    await sleep(index * 4);
    return askThroughUs(url, key, { message: "hello", model: MANY_MODEL }).catch((error) => ({ whole: false, text: String(error) }));
  });
  clearInterval(watch);
  const whole = new Set(heard.filter(({ whole: isWhole }) => isWhole).map(({ text }) => text));
  return {
    chat_streams: MANY,
    chat_streams_lost: heard.filter(({ whole: isWhole }) => !isWhole).length,
    chat_streams_different: whole.size - 1,
    ...(Number.isNaN(before) ? {} : { chat_stream_kb: (peak - before) / MANY }),
  };
}

/** Memory of a process, in kB; not known but on Linux. */
function residentKb(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
  } catch {
    return NaN;
  }
}

/** A model breaks and comes back: what callers notice. */
async function breaker({ url, key, models }) {
  const model = "bench-fragile";
  const behave = (behaviour) => fetch(`${models}/__behaviour`, { method: "POST", body: JSON.stringify({ model, behaviour }) });
  const ask = () => askThroughUs(url, key, { message: "hello", model });
  const why = ({ events }) => events.at(-1)?.data.detail ?? "";
  await behave("mock-cut-half-event");
  let failed = 0;
  while (!why(await ask()).includes("rests") && failed < 50) failed += 1;
  await behave("mock-ok:words=1");
  const mended = performance.now();
  while (!(await ask()).whole) await sleep(50);
  return { chat_breaker_failures: failed, chat_breaker_recovery_ms: performance.now() - mended };
}

/** Answers left at random points and resumed from another isolate. */
async function interrupted({ url, key }, elsewhere) {
  const body = { message: "hello", model: INTERRUPTED_MODEL };
  const { text: expected } = await askThroughUs(url, key, body);
  const heard = await all(INTERRUPTED, async (index) => {
    await sleep(index * 10);
    const leaveAt = 1 + Math.floor(Math.random() * 75);
    const first = await askThroughUs(url, key, body, ({ events, leave }) => {
      if (events.length >= leaveAt) leave();
    });
    const rest = await comeBack(elsewhere, key, first.events[0].data.message_id, first.events.at(-1).id);
    return first.text + rest.text === expected && rest.whole;
  });
  return { chat_interrupted: INTERRUPTED, chat_interrupted_different: heard.filter((isSame) => !isSame).length };
}

/** @param {number[]} values @param {number} rank */
function quantile(values, rank) {
  const sorted = [...values].sort((a, b) => a - b);
  return rank === 0.5 ? median(sorted) : sorted[Math.min(sorted.length - 1, Math.ceil(rank * sorted.length) - 1)];
}
