/**
 * Measurements of crates as WebAssembly: an example of theirs, built as a WASI command, and what it prints.
 */
import { join } from "node:path";
import { Failure, root, run } from "../../dev/processes.mjs";
import { wasmEnvironment } from "../../dev/wasm-toolchain.mjs";

const TARGET = "wasm32-wasip1";

/**
 * Builds an example of a crate.
 * @param {{crate: string, example: string, profile: string}} what
 * @returns {Promise<{file: string, outDir?: string}>} The command, and where the crate's build script has written.
 */
export async function buildExample({ crate, example, profile }) {
  const args = ["build", "--target", TARGET, "--profile", profile, "--package", crate, "--example", example];
  const { code, output } = await run("cargo", [...args, "--message-format", "json-render-diagnostics"], { env: wasmEnvironment(join(root, ".tools")) });
  if (code !== 0) throw new Failure(`the measurement ${example} of ${crate} could not be built:\n${output}`);
  const messages = output.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const script = messages.find(({ reason, package_id: id }) => reason === "build-script-executed" && id.includes(`/shared/${crate}#`));
  return { file: join(root, "target", TARGET, profile, "examples", `${example}.wasm`), outDir: script?.out_dir };
}

/** What a command prints: a name and numbers on each line. @returns {Promise<Record<string, number[]>>} */
export async function runWasm(file, ...args) {
  const { code, output } = await run(process.execPath, ["--no-warnings", join(root, "tests/bench/wasm-command.mjs"), file, ...args]);
  if (code !== 0) throw new Failure(`${file} failed:\n${output}`);
  const lines = output.trim().split("\n").map((line) => line.split(" "));
  return Object.fromEntries(lines.map(([name, ...numbers]) => [name, numbers.map(Number)]));
}
