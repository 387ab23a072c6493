/**
 * Runs a WASI command in the engine that runs functions, in a process of its own: as in a new isolate, nothing is
 * compiled or in memory yet. Its clock is the CPU time of its thread, which neighbours on the machine hardly touch.
 *
 *   node tests/bench/wasm-command.mjs FILE [ARGUMENT…]
 */
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

/** `CLOCKID_THREAD_CPUTIME_ID` of WASI. */
const THREAD_CPU_TIME = 3;

const [file, ...more] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [file, ...more] });
const { wasi_snapshot_preview1: system } = wasi.getImportObject();
/** Whichever clock it asks for. */
const tellCpuTime = (_clock, precision, place) => system.clock_time_get(THREAD_CPU_TIME, precision, place);
const { instance } = await WebAssembly.instantiate(readFileSync(file), {
  wasi_snapshot_preview1: { ...system, clock_time_get: tellCpuTime },
});
wasi.start(instance);
