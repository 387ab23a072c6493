/**
 * What `make test` does, in this order. A new suite is one more entry.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { buildFunctions, findWorkers } from "./functions.mjs";
import { startPgbouncer } from "./pgbouncer.mjs";
import { root, run as runQuietly } from "./processes.mjs";
import { pythonWith } from "./python.mjs";
import { toolsDir } from "./setup.mjs";
import { startComponents } from "./spin/stack.mjs";
import { startStack, startStores } from "./stack.mjs";
import { findProgram } from "./system-packages.mjs";
import { startWorkerd } from "./workerd.mjs";

/** @typedef {import("./test.mjs").Context} Context @typedef {import("./test.mjs").Outcome} Outcome */
/** @typedef {{name: string, title: string, run: (context: Context) => Promise<Outcome>}} Step */

/** Black-box: it needs an address, which its own steps give it. */
const HTTP_SUITE = "http-suite";
const WORKSPACE = ["--workspace", "--exclude", HTTP_SUITE];
/** What statistics are compared with. */
const SCIPY = "scipy==1.17.1";
/** An origin that the functions allow, for the tests of CORS. */
const ORIGIN = "https://app.example.com";

/** @type {Step[]} */
export const steps = [
  { name: "format", title: "cargo fmt", run: ({ run }) => run("cargo", ["fmt", "--all", "--check"]) },
  { name: "clippy", title: "clippy, natively and for both wasm targets", run: clippy },
  {
    name: "docs",
    title: "rustdoc",
    run: ({ run }) => run("cargo", ["doc", "--workspace", "--no-deps", "--document-private-items", "--keep-going"], { RUSTDOCFLAGS: "-D warnings" }),
  },
  { name: "deny", title: "licences, sources and advisories of the dependencies", run: deny },
  { name: "native", title: "unit and integration tests", run: nativeTests },
  { name: "doctests", title: "examples in the documentation", run: ({ run }) => run("cargo", ["test", "--doc", ...WORKSPACE]) },
  { name: "scripts", title: "the local environment", run: ({ run }) => nodeTests(run, "dev/**/*.test.mjs") },
  { name: "platform", title: "one contract on every platform", run: ({ run }) => nodeTests(run, "tests/platform/**/*.test.mjs") },
  { name: "http", title: "the HTTP suite against workerd", run: httpOnWorkerd },
  { name: "chat", title: "chat against a scripted model server", run: builtThenNodeTests("functions/*/tests/**/*.test.mjs") },
  { name: "clients", title: "the clients: types, units, and against workerd", run: clients },
  { name: "outage", title: "stores that are down, slow, wrong or cut off", run: builtThenNodeTests("tests/outage/**/*.test.mjs") },
  { name: "ui", title: "types, lints, units and size of the pages", run: pagesChecked },
  { name: "browser", title: "the pages in a browser", run: builtThenNodeTests("tests/browser/**/*.test.mjs") },
  { name: "pooler", title: "the store and the HTTP suite through pgbouncer in transaction mode", run: throughPooler },
  { name: "wasi", title: "the HTTP suite against the WASI components", run: httpOnComponents },
  { name: "deploy", title: "wrangler accepts what would be deployed", run: deployDry },
].filter(({ name }) => name !== "wasi" || existsSync(join(root, "spin.toml")));

/** Does one thing after the other, until one fails, and adds up. @param {(() => Promise<Outcome>)[]} parts */
async function inTurn(...parts) {
  const total = { ok: true, passed: 0, failed: 0, note: undefined };
  for (const part of parts) {
    const { ok, passed, failed, note } = await part();
    total.passed += passed;
    total.failed += failed;
    total.note = note ?? total.note;
    if (!ok) return { ...total, ok };
  }
  return total;
}

/** @param {Context} context */
function clippy({ run }) {
  const lint = (args, env) => run("cargo", ["clippy", "--keep-going", ...args, "--", "-D", "warnings"], env);
  const environment = parseEnv(readFileSync(join(toolsDir, "wasm.env"), "utf8"));
  const packages = globSync("functions/*/Cargo.toml", { cwd: root }).flatMap((file) => ["--package", file.split("/")[1]]);
  const forTarget = (target) => () => lint(["--target", target, ...packages, "--lib"], environment);
  const native = () => lint(["--workspace", "--all-targets"]);
  // Debian's toolchain has no clippy.
  if (environment.PATH_PREFIX) return inTurn(native);
  return inTurn(native, forTarget("wasm32-unknown-unknown"), forTarget("wasm32-wasip1"));
}

/** @param {Context} context */
async function deny({ run }) {
  const command = findProgram("cargo-deny", [join(toolsDir, "bin")]);
  // It reads the crates of all platforms, of which a build here has fetched its own.
  const fetched = await run("cargo", ["fetch", "--locked"]);
  if (!fetched.ok) return fetched;
  const always = await run(command, ["--offline", "check", "licenses", "bans", "sources"]);
  if (!always.ok) return always;
  // The advisories are a Git repository, which not every network reaches.
  const probe = ["ls-remote", "--exit-code", "https://github.com/RustSec/advisory-db", "HEAD"];
  const { code } = await runQuietly("git", probe, { timeoutMs: 20_000, env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } });
  if (code !== 0) return { ...always, note: "advisories not checked: their database cannot be reached" };
  return inTurn(async () => always, () => run(command, ["check", "advisories"]));
}

/** The stores as the native tests are told of them. @param {import("./stack.mjs").Stores} stores */
function storesEnvironment({ databaseUrl, restUrl, restToken }) {
  return { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_REST_URL: restUrl, TEST_REDIS_REST_TOKEN: restToken };
}

/** @param {Context} context */
async function nativeTests(context) {
  const stores = context.keep(await startStores({ dir: context.folder(), durable: false, faults: true }));
  const python = await pythonWith(SCIPY);
  const env = { ...storesEnvironment(stores), ...(python && { STATS_SCIPY_PYTHON: python }) };
  const outcome = await context.run("cargo", testCommand(WORKSPACE), env);
  return python ? outcome : { ...outcome, note: "statistics not compared with scipy: there is no Python, or no package index" };
}

/** nextest where it is installed: it runs the tests of all crates side by side. */
function testCommand(selection) {
  if (findProgram("cargo-nextest")) {
    const quiet = ["--status-level", "slow", "--final-status-level", "fail", "--failure-output", "final"];
    return ["nextest", "run", "--no-fail-fast", "--no-tests=pass", ...quiet, ...selection];
  }
  return ["test", "--no-fail-fast", "--all-targets", ...selection];
}

function nodeTests(run, pattern) {
  const files = globSync(pattern, { cwd: root }).filter((file) => !file.includes("node_modules"));
  return run(process.execPath, ["--test", ...files]);
}

/** Tests that start the built functions themselves. @returns {(context: Context) => Promise<Outcome>} */
function builtThenNodeTests(pattern) {
  return async ({ run }) => {
    await buildFunctions({ quiet: true });
    return nodeTests(run, pattern);
  };
}

/** @param {Context} context */
function pagesChecked({ run }) {
  // The linter looks for its companion in the folder where it is started.
  const env = { OXLINT_TSGOLINT_PATH: join(root, "static/node_modules/.bin/tsgolint") };
  const tool = (file, ...args) => () => run(process.execPath, [join(root, "static", file), ...args], env);
  return inTurn(
    () => run("cargo", ["xtask", "pages"]),
    tool("api-types.mjs", "--check"),
    tool("node_modules/typescript/bin/tsc", "--noEmit", "--project", join(root, "static")),
    tool("node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings", "--config", join(root, "static/.oxlintrc.json"), join(root, "static/src")),
    tool("node_modules/vitest/vitest.mjs", "run", "--root", join(root, "static")),
    tool("check-size.mjs"),
  );
}

/** @param {Context} context */
async function clients(context) {
  const functions = ["gateway", "chat", "feedback", "ingest", "keys", "prompts", "resolve-prompt"];
  await buildFunctions({ names: functions, quiet: true });
  const { url, adminKey } = context.keep(await startStack({ dir: context.folder(), only: functions }));
  const run = (command, args) => () => context.run(command, args, { PROMPTLAB_URL: url, PROMPTLAB_ADMIN_KEY: adminKey });
  const typescript = join(root, "clients/typescript");
  return inTurn(
    run(process.execPath, [join(root, "static/node_modules/typescript/bin/tsc"), "--project", typescript]),
    run(process.execPath, ["--test", ...globSync("tests/*.test.mjs", { cwd: typescript }).map((file) => join(typescript, file))]),
    run("cargo", ["test", "--package", "promptlab", "--test", "stack", "--", "--include-ignored"]),
  );
}

/** The black-box suite against an installation. */
function httpSuite(context, { url, adminKey }) {
  // The stories wait more than they compute.
  const threads = { NEXTEST_TEST_THREADS: "8", RUST_TEST_THREADS: "8" };
  const env = { PROMPTLAB_URL: url, PROMPTLAB_ADMIN_KEY: adminKey, PROMPTLAB_CORS_ORIGIN: ORIGIN, ...threads };
  return context.run("cargo", testCommand(["--package", HTTP_SUITE]), env);
}

/** @param {Context} context */
async function httpOnWorkerd(context) {
  await buildFunctions({ quiet: true });
  const stack = context.keep(await startStack({ dir: context.folder(), vars: { CORS_ALLOWED_ORIGINS: ORIGIN } }));
  return httpSuite(context, stack);
}

/** @param {Context} context */
async function deployDry({ run }) {
  await buildFunctions({ quiet: true });
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  const check = ({ directory }) => () =>
    run(process.execPath, [wrangler, "deploy", "--dry-run", "--config", join(directory, "wrangler.toml")], { WRANGLER_SEND_METRICS: "false" });
  return inTurn(...findWorkers().map(check));
}

/** @param {Context} context */
async function throughPooler(context) {
  const dir = context.folder();
  const stores = context.keep(await startStores({ dir, durable: false }));
  const pooler = context.keep(await startPgbouncer({ dir, databaseUrl: stores.databaseUrl }));
  const env = { ...storesEnvironment(stores), TEST_POOLER_URL: pooler.url };
  const vars = { ...stores.vars, DATABASE_URL: pooler.url, CORS_ALLOWED_ORIGINS: ORIGIN };
  return inTurn(
    () => context.run("cargo", testCommand(["--package", "store"]), env),
    async () => {
      await buildFunctions({ quiet: true });
      const { url } = context.keep(await startWorkerd({ dir, vars }));
      return httpSuite(context, { url, adminKey: stores.adminKey });
    },
  );
}

/** @param {Context} context */
async function httpOnComponents(context) {
  await buildFunctions({ wasi: true, quiet: true });
  const dir = context.folder();
  const stores = context.keep(await startStores({ dir, durable: false }));
  const vars = { ...stores.vars, CORS_ALLOWED_ORIGINS: ORIGIN };
  const components = context.keep(await startComponents({ dir, vars }));
  const outcome = await httpSuite(context, { url: components.url, adminKey: stores.adminKey });
  return components.host === "spin" ? outcome : { ...outcome, note: "on our own host: spin is not installed" };
}
