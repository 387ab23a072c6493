/**
 * Set-up: everything that building and running needs beyond Rust and npm. Each step leaves a stamp in
 * `.tools/stamps` and costs milliseconds once it is done.
 *
 *   sh dev/node.sh dev/setup.mjs [--tests]     --tests adds what only `make test` needs
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { postgresPackage } from "./postgres-package.mjs";
import { root, run, runMain, tail, Failure } from "./processes.mjs";
import { findProgram, installPackages } from "./system-packages.mjs";
import { toolchainKey, installWasmTargets } from "./wasm-toolchain.mjs";

/** Where set-up keeps what it makes. */
export const toolsDir = join(root, ".tools");

const CARGO_DENY = "0.20.2";

/**
 * @typedef {{name: string, hint?: string, key: () => string, done?: () => boolean, install: () => Promise<string>}} Step
 *   `key` names the inputs: the step runs again when it changes. `install` answers what it found or made.
 */

/** @type {Step} */
const wasmTargets = {
  name: "wasm targets",
  key: toolchainKey,
  done: () => existsSync(join(toolsDir, "wasm.env")),
  install: () => installWasmTargets(toolsDir),
};

/** @type {Step} */
const postgres = { name: "PostgreSQL", key: postgresKey, done: postgresIsLinked, install: linkPostgresLibraries };

const redis = program("Redis", ["redis-server", "valkey-server"], { apt: "redis-server", brew: "redis", dnf: "valkey", apk: "redis" });

const pgbouncer = program("pgbouncer", ["pgbouncer"], { apt: "pgbouncer", brew: "pgbouncer", dnf: "pgbouncer", apk: "pgbouncer" });

/** @type {Step[]} */
const forTests = [
  pgbouncer,
  program("Chromium", ["chromium", "chromium-browser", "google-chrome"], {
    apt: "chromium",
    brew: "chromium",
    dnf: "chromium",
    apk: "chromium",
  }),
  {
    name: "cargo-deny",
    hint: "about 3 minutes, once",
    key: () => CARGO_DENY,
    done: () => findProgram("cargo-deny", [join(toolsDir, "bin")]) !== null,
    install: installCargoDeny,
  },
];

/** A program from the system: found on PATH, else installed by the system's package manager. */
function program(name, commands, packages) {
  const find = () => commands.map((command) => findProgram(command)).find(Boolean);
  return {
    name,
    key: () => process.env.PATH ?? "",
    done: () => Boolean(find()),
    install: async () => {
      if (!find()) await installPackages(name, packages);
      const found = find();
      if (!found) throw new Failure(`${name} was installed but ${commands[0]} is not on PATH.`);
      return found;
    },
  };
}

function postgresKey() {
  return readFileSync(join(postgresPackage(), "package.json"), "utf8") + root;
}

/** A new `npm ci` takes the links away. */
function postgresIsLinked() {
  return postgresLinks().every(({ link }) => existsSync(link));
}

/** @returns {{link: string, to: string}[]} */
function postgresLinks() {
  const folder = postgresPackage();
  const links = JSON.parse(readFileSync(join(folder, "native/pg-symlinks.json"), "utf8"));
  return links.map(({ source, target }) => ({ link: join(folder, target), to: basename(source) }));
}

/** npm packages cannot hold symbolic links: the package lists them, and its own install script is not run. */
async function linkPostgresLibraries() {
  for (const { link, to } of postgresLinks()) {
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(to, link);
  }
  const { code, output } = await run(join(postgresPackage(), "native/bin/postgres"), ["--version"]);
  if (code !== 0) throw new Failure(`the embedded PostgreSQL does not run here: ${tail(output, 1)}`);
  return output.trim();
}

async function installCargoDeny() {
  const found = findProgram("cargo-deny", [join(toolsDir, "bin")]);
  if (found) return found;
  // Unoptimised: it is compiled in half the time and checks a lockfile in a second all the same.
  const args = ["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--debug", "--root", toolsDir];
  const log = join(toolsDir, "cargo-deny.log");
  const { code, output } = await run("cargo", args, { log });
  if (code !== 0) throw new Failure(`cargo-deny could not be installed; the log is ${log}. Its last line: ${tail(output, 1)}`);
  return CARGO_DENY;
}

/**
 * Brings the machine to where building works, and what else is asked for.
 * @param {{database?: boolean, cache?: boolean, pooler?: boolean, tests?: boolean}} needs The embedded stores, what stands
 *   before the database, and what only tests use, the pooler included.
 */
export async function setup({ database = false, cache = false, pooler = false, tests = false }) {
  const extras = tests ? forTests : pooler ? [pgbouncer] : [];
  const steps = [wasmTargets, ...(database ? [postgres] : []), ...(cache ? [redis] : []), ...extras];
  for (const step of steps) await runStep(step);
}

/** @param {Step} step */
async function runStep(step) {
  const stamp = join(toolsDir, "stamps", step.name.replaceAll(" ", "-"));
  const key = createHash("sha256").update(step.key()).digest("hex");
  const isStamped = existsSync(stamp) && readFileSync(stamp, "utf8") === key;
  if (isStamped && (step.done?.() ?? true)) {
    console.log(`  ${step.name}: ready`);
    return;
  }
  const alreadyThere = step.done?.() ?? false;
  if (!alreadyThere && step.hint) console.log(`  ${step.name}: installing (${step.hint})`);
  const start = Date.now();
  const found = await step.install();
  console.log(`  ${step.name}: ${found} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, key);
}

if (import.meta.main) await runMain(() => setup({ database: true, cache: true, tests: process.argv.includes("--tests") }));
