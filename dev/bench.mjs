/**
 * `make bench`: builds the functions as they are deployed, measures them on workerd, prints every figure beside
 * its target, and writes them to `target/bench.json`.
 *
 *   node dev/bench.mjs [--bundles folder] [group…]    only some groups; what is built in `folder`, building nothing
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureAnalytics } from "../tests/bench/analytics.mjs";
import { measureAssignment } from "../tests/bench/assignment.mjs";
import { measureChat } from "../tests/bench/chat.mjs";
import { measureExperimentThroughput, measureSwitches } from "../tests/bench/experiments.mjs";
import { measureExport } from "../tests/bench/export.mjs";
import { measureFirstAnswers } from "../tests/bench/first-answer.mjs";
import { describe, rounded } from "../tests/bench/figures.mjs";
import { measureIngestion } from "../tests/bench/ingestion.mjs";
import { Installation } from "../tests/bench/installation.mjs";
import { measureOutage } from "../tests/bench/outage.mjs";
import { measureLostInvalidations, measurePropagation } from "../tests/bench/propagation.mjs";
import { measureRedaction } from "../tests/bench/redaction.mjs";
import { measureSimulation } from "../tests/bench/simulation.mjs";
import { measureSizes } from "../tests/bench/sizes.mjs";
import { measureThroughput } from "../tests/bench/throughput.mjs";
import { measureTokens } from "../tests/bench/tokens.mjs";
import { findWorkers } from "./functions.mjs";
import { Failure, root, run, runMain, stopCommands, stopServers } from "./processes.mjs";
import { setup } from "./setup.mjs";
import { findProgram, installPackages } from "./system-packages.mjs";

const EDGES = 4;
const FLOOR = "hello-worker";
/** Functions that are measured and not deployed. */
const PROBES = [FLOOR, "platform-contract"];

/** What is measured, in this order: each with the number of edges that must be there before. */
const groups = [
  { name: "sizes", measure: measureSizes, edges: 0 },
  { name: "assignment", measure: measureAssignment, edges: 0 },
  { name: "throughput", measure: measureThroughput, edges: 0 },
  { name: "first-answer", measure: measureFirstAnswers, edges: 0 },
  { name: "chat", measure: measureChat, edges: 0 },
  { name: "experiments", measure: measureExperimentThroughput, edges: 0 },
  { name: "analytics", measure: measureAnalytics, edges: 0 },
  { name: "ingestion", measure: measureIngestion, edges: 0 },
  { name: "export", measure: measureExport, edges: 0 },
  { name: "redaction", measure: measureRedaction, edges: 0 },
  { name: "tokens", measure: measureTokens, edges: 0 },
  { name: "simulation", measure: measureSimulation, edges: 0 },
  { name: "propagation", measure: measurePropagation, edges: EDGES },
  { name: "switches", measure: measureSwitches, edges: EDGES },
  { name: "lost-invalidations", measure: measureLostInvalidations, edges: EDGES },
  { name: "outage", measure: measureOutage, edges: EDGES },
];

/** What needs no installation. */
const WITHOUT_STORES = ["sizes", "redaction", "tokens"];

/** What is stopped at the end, however that comes. @type {(() => Promise<void>)[]} */
const closers = [];

async function main() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interrupt());
  const { values, positionals } = parseArgs({ options: { bundles: { type: "string" } }, allowPositionals: true });
  const chosen = choose(positionals);
  console.log("Set-up");
  await setup({ database: true, cache: true, pooler: true });
  if (!findProgram("wrk")) await installPackages("wrk, the load generator", { apt: "wrk", brew: "wrk", dnf: "wrk", apk: "wrk" });
  const bundles = values.bundles ? resolve(values.bundles) : await build();
  return measure(chosen, bundles);
}

function choose(names) {
  const unknown = names.filter((name) => !groups.some((group) => group.name === name));
  if (unknown.length > 0) throw new Failure(`there is no group ${unknown.join(", ")}: there are ${groups.map(({ name }) => name).join(", ")}.`);
  return groups.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** Every function with all optimisations, and what they are compared with. @returns {Promise<string>} Where they are. */
async function build() {
  const bundles = join(root, "target/bench-functions");
  console.log("Functions");
  const names = [...findWorkers().map(({ folder }) => folder), ...PROBES];
  const { code } = await run("cargo", ["xtask", "build", "--release", "--out", bundles, ...names], { inherit: true });
  if (code !== 0) throw new Failure("the functions could not be built.");
  return bundles;
}

/** @returns {Promise<number>} The exit code: a missed target is a figure, one that could not be measured is a failure. */
async function measure(chosen, bundles) {
  const figures = { load_average: rounded(loadavg()[0]) };
  const failures = [];
  for (const group of chosen) {
    console.log(`\n${group.name}`);
    const began = Date.now();
    try {
      print(record(figures, await inInstallation(group, bundles)), figures);
    } catch (error) {
      failures.push(group.name);
      console.log(`  FAILED: ${error.stack}`);
    }
    console.log(`  (${((Date.now() - began) / 1000).toFixed(0)} s)`);
  }
  const file = join(root, "target/bench.json");
  mkdirSync(join(root, "target"), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`\n${file}${failures.length > 0 ? `, without ${failures.join(", ")}` : ""}`);
  return failures.length > 0 ? 1 : 0;
}

/** Each group has stores of its own: what one leaves behind does not weigh on the next. */
async function inInstallation({ measure: measureGroup, edges, name }, bundles) {
  const dir = mkdtempSync(join(tmpdir(), "promptlab-bench-"));
  closers.push(async () => rmSync(dir, { recursive: true, force: true }));
  try {
    if (WITHOUT_STORES.includes(name)) return await measureGroup({ bundles });
    const installation = await Installation.start({ dir, bundles, edges });
    closers.push(() => installation.stop());
    return await measureGroup({ installation, dir, bundles });
  } finally {
    await closeAll();
  }
}

async function closeAll() {
  for (const close of closers.splice(0).reverse()) await close();
}

async function interrupt() {
  stopCommands();
  // What a group has started itself, and what is just starting, has no closer.
  stopServers();
  await closeAll();
  process.exit(130);
}

function record(figures, found) {
  const entries = Object.entries(found).map(([name, value]) => [name, rounded(value)]);
  return Object.assign(figures, Object.fromEntries(entries)), entries;
}

function print(entries, figures) {
  for (const [name, value] of entries) {
    // What a connection takes is not the function's to promise.
    const target = name === "new_isolate_postgres_ms" ? { below: rounded(50 + figures.postgres_connection_ms) } : {};
    console.log(describe(name, value, target));
  }
}

await runMain(main);
