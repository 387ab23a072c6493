/**
 * What there is to run: the Workers that the `wrangler.toml` files describe.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "smol-toml";
import { Failure, root, run, tail } from "./processes.mjs";

/**
 * @typedef {object} Worker
 * @property {string} folder The function's name: its folder in `functions/`, and in `target/functions/`.
 * @property {string} name The Worker's name, which service bindings use.
 * @property {string} bundle The folder with its built modules.
 * @property {string} main The module to load first, in `bundle`.
 * @property {Record<string, any>} config Its `wrangler.toml`.
 * @property {string} directory Where that file is: its paths are relative to it.
 */

/**
 * The Workers, the front door first. The root's `wrangler.toml` is the front door with its assets, and
 * stands in for the one of the function that it is built from.
 * @returns {Worker[]}
 */
export function findWorkers() {
  const names = readdirSync(join(root, "functions")).filter((name) => existsSync(join(root, "functions", name, "wrangler.toml")));
  const front = existsSync(join(root, "wrangler.toml")) ? [readWorker(root)] : [];
  const functions = names.sort().map((name) => readWorker(join(root, "functions", name)));
  const all = [...front, ...functions.filter(({ folder }) => !front.some((other) => other.folder === folder))];
  if (all.length === 0) throw new Failure("there is no function to run: functions/*/wrangler.toml is missing.");
  return all.sort((a, b) => Number(b.folder === "gateway") - Number(a.folder === "gateway"));
}

/** @returns {Worker} */
function readWorker(directory) {
  const config = parse(readFileSync(join(directory, "wrangler.toml"), "utf8"));
  const main = join(directory, config.main);
  return { folder: basename(dirname(main)), name: config.name, bundle: dirname(main), main: basename(main), config, directory };
}

/** The modules of a built Worker, the first to load in front. @param {Worker} worker @returns {string[]} */
export function modulesOf({ folder, bundle, main }) {
  if (!existsSync(join(bundle, main))) throw new Failure(`${folder} is not built: run \`cargo xtask build\`.`);
  const files = readdirSync(bundle, { recursive: true }).filter((file) => /\.(m?js|wasm)$/.test(file));
  return [main, ...files.filter((file) => file !== main).sort()];
}

/**
 * Builds the functions.
 * @param {{release?: boolean, wasi?: boolean, names?: string[], quiet?: boolean}} [options] `quiet` shows the output only of a failure.
 */
export async function buildFunctions({ release = false, wasi = false, names = [], quiet = false } = {}) {
  // Separately, because `cargo xtask` would say nothing while it compiles the build tool itself.
  const tool = await run("cargo", ["build", "--package", "xtask"], { inherit: !quiet });
  if (tool.code !== 0) throw new Failure(`the build tool could not be built${quiet ? `:\n${tail(tool.output, 30)}` : "."}`);
  const args = ["xtask", "build", ...(release ? ["--release"] : []), ...(wasi ? ["--wasi"] : []), ...names];
  // A backtrace of the build tool hides what is wrong with what it builds.
  const { code, output } = await run("cargo", args, { inherit: !quiet, env: { ...process.env, RUST_BACKTRACE: "0" } });
  if (code !== 0) throw new Failure(`the functions could not be built${quiet ? `:\n${tail(output, 30)}` : "."}`);
}
