/**
 * What redaction costs as WebAssembly, built as functions are, in the engine that runs them. How much it finds is for
 * `shared/redaction/tests/formats.rs` to say.
 */
import { buildExample, runWasm } from "./wasm.mjs";

export async function measureRedaction() {
  const { file } = await buildExample({ crate: "redaction", example: "cost", profile: "wasm-release" });
  const costs = await runWasm(file);
  return { redaction_us_per_kb: costs[16][0], redaction_short_us_per_kb: costs[1][0] };
}
