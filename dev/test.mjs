/**
 * `make test`: every check and test, one after the other, on free ports.
 *
 *   make test                 everything
 *   make test ONLY=http       the steps so named, separated by commas (their needs are met all the same)
 *   VERBOSE=1 make test       with the output of every step, not of the failed ones alone
 *
 * The last line is `N passed, N failed`: tests where a step counts them, else the step itself.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, root, run, runMain, stopCommands, tail } from "./processes.mjs";
import { setup } from "./setup.mjs";
import { steps } from "./test-steps.mjs";

/**
 * What a step has at hand.
 * @typedef {object} Context
 * @property {(command: string, args: string[], env?: Record<string, string>) => Promise<Outcome>} run Runs a command
 *   to its end, its output in the step's log.
 * @property {() => string} folder A new folder that is gone after the step.
 * @property {<T extends {stop: () => Promise<unknown>}>(server: T) => T} keep Stops something after the step.
 * @typedef {{ok: boolean, passed: number, failed: number, note?: string}} Outcome
 */

const logs = join(root, "target/test-logs");

async function main() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      stopCommands();
      interrupted = true;
    });
  }
  const chosen = choose(process.argv[2]);
  console.log("Set-up");
  await setup({ database: true, cache: true, tests: true });
  mkdirSync(logs, { recursive: true });
  const results = [];
  for (const step of chosen) {
    if (interrupted) throw new Failure("interrupted.");
    results.push(await runStep(step));
  }
  return report(results);
}

let interrupted = false;

function choose(only) {
  if (!only) return steps;
  const names = only.split(",");
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) throw new Failure(`there is no step ${unknown.join(", ")}: there are ${steps.map(({ name }) => name).join(", ")}.`);
  return steps.filter(({ name }) => names.includes(name));
}

/** @param {import("./test-steps.mjs").Step} step */
async function runStep(step) {
  console.log(`\n── ${step.name}: ${step.title}`);
  const log = join(logs, `${step.name}.log`);
  rmSync(log, { force: true });
  const began = Date.now();
  const closers = [];
  let outcome;
  try {
    outcome = await step.run(contextFor(log, closers));
  } catch (error) {
    console.log(error instanceof Failure ? error.message : error.stack);
    outcome = { ok: false, passed: 0, failed: 1 };
  }
  for (const close of closers.reverse()) await close();
  const seconds = (Date.now() - began) / 1000;
  const note = outcome.note ? `, ${outcome.note}` : "";
  console.log(`   ${outcome.ok ? "ok" : "FAILED"}: ${outcome.passed} passed, ${outcome.failed} failed${note} (${seconds.toFixed(1)} s)`);
  return { ...outcome, name: step.name, seconds, log };
}

/** @returns {Context} */
function contextFor(log, closers) {
  const verbose = Boolean(process.env.VERBOSE);
  // What is shown of a failure is its end: the message, not a page of stack frames.
  const quiet = verbose ? {} : { RUST_BACKTRACE: "0" };
  return {
    async run(command, args, env = {}) {
      const { code, output } = await run(command, args, { env: { ...process.env, ...quiet, ...env }, log, inherit: verbose });
      const counted = count(output);
      const ok = code === 0 && !interrupted;
      if (!ok && !verbose) console.log(tail(output, 40).replace(/^/gm, "   "));
      if (!counted) return { ok, passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
      // A run that fails without a failing test did not compile, or died.
      return { ok, ...counted, failed: ok ? counted.failed : Math.max(counted.failed, 1) };
    },
    folder() {
      const folder = mkdtempSync(join(tmpdir(), "promptlab-test-"));
      closers.push(() => rmSync(folder, { recursive: true, force: true }));
      return folder;
    },
    keep(server) {
      closers.push(() => server.stop());
      return server;
    },
  };
}

/** Adds up what the test runners say: nextest, cargo test, node --test, Vitest. */
function count(output) {
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const totals = { passed: 0, failed: 0 };
  let isCounted = false;
  const add = (passed, failed) => {
    isCounted = true;
    totals.passed += Number(passed ?? 0);
    totals.failed += Number(failed ?? 0);
  };
  for (const [, line] of plain.matchAll(/^ *Summary \[.*?\] (.*)$/gm)) {
    const number = (word) => new RegExp(`(\\d+) ${word}`).exec(line)?.[1];
    add(number("passed"), Number(number("failed") ?? 0) + Number(number("timed out") ?? 0));
  }
  for (const [, passed, failed] of plain.matchAll(/^test result: .*? (\d+) passed; (\d+) failed/gm)) add(passed, failed);
  for (const [, kind, number] of plain.matchAll(/^(?:ℹ|#) (pass|fail|cancelled) (\d+)$/gm)) add(kind === "pass" ? number : 0, kind === "pass" ? 0 : number);
  for (const [, failed, passed] of plain.matchAll(/^ +Tests +(?:(\d+) failed)?(?: \| )?(?:(\d+) passed)?/gm)) add(passed, failed);
  return isCounted ? totals : null;
}

function report(results) {
  console.log("\n── Summary");
  for (const { name, ok, passed, failed, seconds } of results) {
    console.log(`   ${ok ? "ok    " : "FAILED"} ${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s`);
  }
  const failures = results.filter(({ ok }) => !ok);
  for (const { name, log } of failures) console.log(`   ${name} failed; its output is ${log}`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  return failures.length > 0 ? 1 : 0;
}

await runMain(main);
