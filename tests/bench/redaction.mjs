/**
 * What redaction costs as WebAssembly, built as functions are, in the engine that runs them. How much it finds is for
 * `shared/redaction/tests/formats.rs` to say.
 */
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WASI } from "node:wasi";
import { Failure, root, run } from "../../dev/processes.mjs";

const TARGET = "wasm32-wasip1";
const BUILD = ["build", "--profile", "wasm-release", "--target", TARGET, "--package", "redaction", "--example", "cost"];

/** @param {{dir: string}} context */
export async function measureRedaction({ dir }) {
  const { code, output } = await run("cargo", BUILD);
  if (code !== 0) throw new Failure(`the measurement could not be built:\n${output}`);
  const text = await runWasm(join(root, "target", TARGET, "wasm-release/examples/cost.wasm"), join(dir, "cost.txt"));
  const costs = Object.fromEntries(text.trim().split("\n").map((line) => line.split(" ").map(Number)));
  return { redaction_us_per_kb: costs[16], redaction_short_us_per_kb: costs[1] };
}

/** What a command prints. */
async function runWasm(file, printed) {
  const wasi = new WASI({ version: "preview1", stdout: openSync(printed, "w") });
  const { instance } = await WebAssembly.instantiate(readFileSync(file), wasi.getImportObject());
  wasi.start(instance);
  return readFileSync(printed, "utf8");
}
