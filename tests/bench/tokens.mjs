/**
 * Counting tokens as WebAssembly, beside tiktoken-rs in the same runs: the first count in a new process, the throughput
 * for six kinds of text, and what our table weighs. That both count the same is for `shared/tokens/tests` to say, and
 * checked here on the way.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { median } from "./figures.mjs";
import { buildExample, runWasm } from "./wasm.mjs";

/** Everything is built to be fast: of functions our crate is, and the other one shall be. */
const PROFILE = "wasm-measure";
const NEW_PROCESSES = 9;
const KINDS = ["english", "code", "chinese", "emoji", "whitespace", "base64"];

export async function measureTokens() {
  const { file, outDir } = await buildExample({ crate: "tokens", example: "throughput", profile: PROFILE });
  const firsts = [];
  for (let process = 0; process < NEW_PROCESSES; process += 1) firsts.push((await runWasm(file, "first")).first_count_ms);
  const rates = await runWasm(file, "o200k");
  const table = readdirSync(outDir).filter((name) => name.startsWith("o200k_")).map((name) => readFileSync(join(outDir, name)));
  return {
    tokens_first_count_ms: median(firsts.map(([ours]) => ours)),
    tokens_first_count_max_ms: Math.max(...firsts.map(([ours]) => ours)),
    tokens_first_count_tiktoken_ms: median(firsts.map(([, theirs]) => theirs)),
    ...Object.fromEntries(KINDS.map((kind) => [`tokens_ratio_${kind}`, rates[kind][0] / rates[kind][1]])),
    ...Object.fromEntries(KINDS.map((kind) => [`tokens_mb_per_s_${kind}`, rates[kind][0]])),
    tokens_table_kb: kilobytes(table),
    tokens_table_gzip_kb: kilobytes(table.map((section) => gzipSync(section, { level: 9 }))),
  };
}

const kilobytes = (sections) => sections.reduce((sum, { length }) => sum + length, 0) / 1000;
