/**
 * Whether anybody who asks a model notices that events are taken in and drained at the same time: the same questions
 * with ingestion stopped and running, in turn.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./figures.mjs";
import { askThroughUs, startModels } from "./streams.mjs";

const MODEL = "mock-ok:first=30,delay=5,words=10";
const ROUNDS = Number(process.env.ROUNDS ?? 24);
const CLIENTS = 2;
const IN_A_ROW = 10;
/** Steadily, as applications send them: 200 events a second, and a drain each second. */
const EVENTS = 50;
const SEND_EVERY_MS = 250;
const DRAIN_EVERY_MS = 1_000;

/** @param {{installation: import("./installation.mjs").Installation}} context */
export async function measureIngestion({ installation }) {
  const models = await startModels();
  const vars = { CHAT_REQUESTS_PER_HOUR: "1000000", LLM_BASE_URL: `${models.url}/v1`, LLM_API_KEY: "bench" };
  const chat = await installation.startProcess(["gateway", "chat"], vars);
  const ingest = await installation.startProcess(["gateway", "ingest"]);
  const { key } = await installation.createKey("Ingestion");
  const ask = () => askThroughUs(chat.urls.chat, key, { message: "hello", model: MODEL });
  const times = { stopped: [], running: [] };
  const medians = { stopped: [], running: [] };
  try {
    await askAll(ask);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const mode of round % 2 === 0 ? ["stopped", "running"] : ["running", "stopped"]) {
        const ingestion = mode === "running" ? startIngestion(installation, ingest.urls.ingest) : undefined;
        // What the mode before has left to do.
        await sleep(300);
        const found = await askAll(ask);
        times[mode].push(...found);
        medians[mode].push(median(found));
        await ingestion?.stop();
      }
    }
  } finally {
    await chat.stop();
    await ingest.stop();
    models.stop();
  }
  const p99 = (values) => values.sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1];
  const differences = medians.running.map((value, round) => value - medians.stopped[round]);
  return {
    chat_ingestion_stopped_p50_ms: median(times.stopped),
    chat_ingestion_running_p50_ms: median(times.running),
    chat_ingestion_stopped_p99_ms: p99(times.stopped),
    chat_ingestion_running_p99_ms: p99(times.running),
    chat_ingestion_difference_ms: median(differences),
    // How much rounds of the same kind differ among themselves.
    chat_ingestion_noise_ms: median(medians.stopped.map((value) => Math.abs(value - median(medians.stopped)))),
  };
}

async function askAll(ask) {
  const heard = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const times = [];
      for (let count = 0; count < IN_A_ROW; count += 1) {
        const { whole, totalMs } = await ask();
        if (!whole) throw new Error("an answer was lost");
        times.push(totalMs);
      }
      return times;
    }),
  );
  return heard.flat();
}

function startIngestion(installation, url) {
  let isOver = false;
  let sent = 0;
  const every = async (pauseMs, work) => {
    while (!isOver) {
      const pause = sleep(pauseMs);
      await work();
      await pause;
    }
  };
  const post = async (path, body) => {
    const answer = await installation.call("POST", path, body, { url });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  };
  const event = () => ({
    id: `ingestion-${Date.now()}-${(sent += 1)}`, type: "inference", model: "gpt-4o-mini", tokens_in: 900, tokens_out: 150, latency_ms: 1200,
    messages: [{ role: "user", content: "Where is the order that I placed on Monday?" }], output: "It left the warehouse on Tuesday.",
  });
  const loops = Promise.all([
    every(SEND_EVERY_MS, () => post("/api/ingest", { events: Array.from({ length: EVENTS }, event) })),
    every(DRAIN_EVERY_MS, () => post("/api/ingest/drain", {})),
  ]);
  return {
    stop() {
      isOver = true;
      return loops;
    },
  };
}
