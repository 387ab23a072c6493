/**
 * The functions under `wrangler dev`, which watches what is built and reloads it.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { findWorkers, modulesOf } from "./functions.mjs";
import { ready, root, startServer } from "./processes.mjs";

/** Nothing is sent anywhere, and nothing is asked. */
const QUIET = {
  CI: "1",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  DO_NOT_TRACK: "1",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_METRICS: "false",
  NO_UPDATE_NOTIFIER: "1",
  NO_COLOR: "1",
};

/**
 * Starts every function, the front door on `port`.
 * @param {{dir: string, vars: Record<string, string>, port: number}} options `vars` reach every function.
 * @returns {Promise<import("./processes.mjs").Server & {url: string}>}
 */
export async function startWrangler({ dir, vars, port }) {
  const configs = findWorkers().map((worker) => writeConfig(join(dir, "wrangler", worker.folder), worker, vars));
  const args = [
    join(root, "node_modules/wrangler/bin/wrangler.js"),
    "dev",
    ...configs.flatMap((file) => ["--config", file]),
    "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0", "--show-interactive-dev-session=false",
    "--persist-to", join(dir, "wrangler/state"),
  ];
  const env = { ...process.env, ...QUIET, WRANGLER_LOG_PATH: join(dir, "wrangler/logs") };
  const server = startServer({ name: "wrangler dev", command: process.execPath, args, env, log: join(dir, "wrangler.log"), stopSignal: "SIGINT" });
  const url = `http://127.0.0.1:${port}`;
  await ready(server, async () => (await fetch(`${url}/health`)).arrayBuffer(), 60_000);
  return { ...server, url };
}

/** The Worker's configuration as development needs it: the secrets beside it, no build step, no routes. */
function writeConfig(folder, worker, vars) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  modulesOf(worker);
  const { name, compatibility_date, compatibility_flags, services, assets, vars: plain = {} } = worker.config;
  const config = {
    name,
    main: relative(folder, join(worker.bundle, worker.main)),
    compatibility_date,
    compatibility_flags,
    no_bundle: true,
    find_additional_modules: true,
    base_dir: relative(folder, worker.bundle),
    rules: [{ type: "ESModule", globs: ["**/*.js", "**/*.mjs"] }],
    services,
    assets: assets && { ...assets, directory: relative(folder, join(worker.directory, assets.directory)) },
    vars: Object.fromEntries(Object.entries(plain).filter(([key]) => !(key in vars))),
    send_metrics: false,
  };
  const lines = Object.entries(vars).map(([key, value]) => `${key}=${quoted(value)}\n`);
  writeFileSync(join(folder, ".dev.vars"), lines.join(""), { mode: 0o600 });
  const file = join(folder, "wrangler.json");
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

/** A value in a dotenv file: in quotes that it does not hold. */
function quoted(value) {
  const quote = ["'", '"', "`"].find((candidate) => !value.includes(candidate)) ?? "'";
  return quote + value + quote;
}
