/**
 * Starts the contract's function on each platform.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { freePort, ready, root, run, startServer, tail } from "../../dev/processes.mjs";
import { startComponents } from "../../dev/spin/stack.mjs";
import { workerdBinary } from "../../dev/workerd.mjs";

const NAME = "platform-contract";

/**
 * @typedef {import("../../dev/processes.mjs").Server & {url: string}} Running
 * @typedef {object} Platform
 * @property {(dir: string, vars: Record<string, string>) => Promise<Running>} start
 * @property {boolean} remembers Whether an instance answers more than one request.
 * @property {boolean} practises Whether an instance practises before it is asked.
 * @property {string} [bundle] What is deployed, where that is scripts.
 * @property {boolean} isDeployed Whether functions are deployed there: then it adds headers and survives panics.
 * @property {boolean} saysThatItFailed Whether the function itself answers after a panic; elsewhere its host does.
 */

async function build(args) {
  const { code, output } = await run("cargo", args);
  if (code !== 0) throw new Error(tail(output, 30));
}

async function startNative(dir, vars) {
  await build(["build", "--quiet", "--package", NAME]);
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const env = { ...process.env, ...vars };
  const server = startServer({ name: "native", command: join(target, `debug/${NAME}-native`), args: [], env, log: join(dir, "native.log") });
  const url = await ready(server, async () => /Serving (\S+)/.exec(server.output())?.[1]);
  return { ...server, url };
}

const BUNDLE = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "functions", NAME);

async function startWorkerd(dir, vars) {
  await build(["xtask", "build", NAME]);
  return startBundle(dir, vars, BUNDLE);
}

/** What is built already. @param {string} dir @param {Record<string, string>} vars @param {string} bundle @returns {Promise<Running>} */
export async function startBundle(dir, vars, bundle) {
  const port = await freePort();
  const config = join(dir, "contract.capnp");
  writeFileSync(config, configuration(dir, bundle, port, vars));
  const server = startServer({ name: "workerd", command: workerdBinary(), args: ["serve", config], log: join(dir, "workerd.log") });
  const url = `http://127.0.0.1:${port}`;
  await ready(server, async () => (await fetch(url)).arrayBuffer());
  return { ...server, url };
}

function configuration(dir, bundle, port, vars) {
  const text = JSON.stringify;
  const files = readdirSync(bundle, { recursive: true }).filter((file) => /\.(m?js|wasm)$/.test(file));
  const modules = files
    .sort((a, b) => Number(b === "entry.mjs") - Number(a === "entry.mjs"))
    .map((file) => `(name = ${text(file)}, ${file.endsWith(".wasm") ? "wasm" : "esModule"} = embed ${text(relative(dir, join(bundle, file)))})`);
  const bindings = Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "contract", worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = "2026-11-01",
      bindings = [${bindings.join(", ")}]
    ))
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "contract")]
);
`;
}

async function startComponent(dir, vars) {
  await build(["xtask", "build", "--wasi", NAME]);
  return startComponents({ dir, vars, manifest: join(import.meta.dirname, "spin.toml") });
}

/** @type {Record<string, Platform>} */
export const platforms = {
  native: { start: startNative, remembers: true, practises: false, isDeployed: false, saysThatItFailed: false },
  workerd: { start: startWorkerd, remembers: true, practises: true, bundle: BUNDLE, isDeployed: true, saysThatItFailed: true },
  component: { start: startComponent, remembers: false, practises: false, isDeployed: true, saysThatItFailed: false },
};
