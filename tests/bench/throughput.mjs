/**
 * Requests a second of the hot path, over those of a Worker that does nothing, measured in turns.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { run } from "../../dev/processes.mjs";
import { findProgram } from "../../dev/system-packages.mjs";
import { median } from "./figures.mjs";
import { startHello } from "./hello.mjs";
import { send } from "./installation.mjs";

/**
 * Two processes with the same code differ by a tenth, whatever they are given to do: where their memory lies decides it.
 * So there are several of each; and many short rounds, of which the median forgets those that a neighbour spoils.
 */
const PROCESSES = 6;
const ROUNDS = 4;
const SECONDS = 1;
const WARM_UP_SECONDS = 3;
const CONNECTIONS = 16;
const TEMPLATE_BYTES = 2_000;
const VARIABLES = { customer: "Example Ltd", product: "Kettle 3", language: "English", tone: "friendly", question: "Why does it whistle?" };
/** `getconf CLK_TCK`, which is 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/** @param {{installation: import("./installation.mjs").Installation, dir: string, bundles: string}} context */
export async function measureThroughput(context) {
  await context.installation.createPrompt("bench/throughput", [template()]);
  const { key } = await context.installation.createKey("Throughput");
  const rounds = [];
  for (let process = 0; process < PROCESSES; process++) rounds.push(...(await inNewProcesses(context, key)));
  return summary(rounds);
}

async function inNewProcesses({ installation, dir, bundles }, key) {
  const edge = await installation.startEdge();
  const hello = await startHello({ dir, bundles });
  try {
    const url = `${edge.url}/api/resolve/bench%2Fthroughput?variables=${encodeURIComponent(JSON.stringify(VARIABLES))}`;
    await check(url, key);
    const targets = { hello: { url: hello.url, pid: hello.pid }, resolve: { url, pid: edge.pid } };
    for (const { pid } of Object.values(targets)) await pin(pid, SERVERS);
    for (const target of Object.values(targets)) await load(target, key, WARM_UP_SECONDS);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Each comes first as often as the other.
      const order = round % 2 === 0 ? ["hello", "resolve"] : ["resolve", "hello"];
      const measured = {};
      for (const name of order) measured[name] = await load(targets[name], key, SECONDS);
      rounds.push(measured);
    }
    return rounds;
  } finally {
    await hello.stop();
    await installation.stopEdge(edge);
  }
}

/**
 * Servers and client each have a processor, where the system can give them one: moving them about costs more than what
 * is compared.
 */
const [SERVERS, CLIENT] = [0, 1];
const pins = process.platform === "linux" && availableParallelism() > 1 && findProgram("taskset") !== null;

async function pin(pid, processor) {
  if (pins) await run("taskset", ["--all-tasks", "--cpu-list", "--pid", String(processor), String(pid)]);
}

/** 2 kB of instructions with the five variables in them. */
function template() {
  const names = Object.keys(VARIABLES);
  const sentences = names.map((name) => `Mind the ${name}, which is {{ ${name} }}, in all that you say. `);
  const filler = "Answer in short sentences and do not guess: say so when you do not know. ";
  return sentences.join(filler).padEnd(TEMPLATE_BYTES, filler);
}

async function check(url, key) {
  const { status, body, text } = await send(url, { key });
  const isFilled = status === 200 && body.missing_variables.length === 0 && body.resolved_text.includes(VARIABLES.question);
  if (!isFilled) throw new Error(`resolve answers ${status} ${text.slice(0, 200)}`);
}

/**
 * @param {{url: string, pid: number, script?: string}} target `script` is a Lua file that makes wrk's requests.
 * @returns {Promise<{rps: number, cpuUs: number | null}>} `cpuUs` is known on Linux alone.
 */
export async function load({ url, pid, script }, key, seconds) {
  const before = cpuSeconds(pid);
  const scripted = script ? ["-s", script] : [];
  const args = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}`, "-H", `authorization: Bearer ${key}`, ...scripted, url];
  const wrk = findProgram("wrk");
  const { code, output } = pins ? await run("taskset", ["--cpu-list", String(CLIENT), wrk, ...args]) : await run(wrk, args);
  const after = cpuSeconds(pid);
  if (code !== 0 || /Non-2xx|Socket errors/.test(output)) throw new Error(`wrk: ${output}`);
  const requests = Number(/(\d+) requests in/.exec(output)[1]);
  const rps = Number(/Requests\/sec: +([\d.]+)/.exec(output)[1]);
  return { rps, cpuUs: before === null ? null : ((after - before) / requests) * 1e6 };
}

/** CPU time of a process since its beginning, where it is known. @returns {number | null} */
export function cpuSeconds(pid) {
  if (process.platform !== "linux") return null;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function summary(rounds) {
  const of = (measure) => median(rounds.map(measure));
  const figures = {
    resolve_ratio: of(({ hello, resolve }) => resolve.rps / hello.rps),
    resolve_rps: of(({ resolve }) => resolve.rps),
    hello_rps: of(({ hello }) => hello.rps),
  };
  if (rounds[0].hello.cpuUs === null) return figures;
  return {
    ...figures,
    resolve_cpu_ratio: of(({ hello, resolve }) => hello.cpuUs / resolve.cpuUs),
    resolve_cpu_us: of(({ resolve }) => resolve.cpuUs),
    hello_cpu_us: of(({ hello }) => hello.cpuUs),
  };
}
