/**
 * The functions on `workerd serve`: the runtime of Cloudflare Workers without the development server around
 * it. It starts in less than a second and is an order of magnitude faster, so tests and benchmarks use it.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { findWorkers, modulesOf } from "./functions.mjs";
import { Failure, freePort, ready, root, startServer } from "./processes.mjs";

const PLATFORMS = { "linux-x64": "linux-64", "linux-arm64": "linux-arm64", "darwin-x64": "darwin-64", "darwin-arm64": "darwin-arm64" };

/** Half of what Workers allow: without a limit the runtime would rather grow than collect garbage. */
const SMALL_HEAP = "--max-heap-size=64";

/** The runtime itself. The package's own command is a script that starts it. */
export function workerdBinary() {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  const file = join(root, "node_modules/@cloudflare", `workerd-${platform}`, "bin/workerd");
  if (!existsSync(file)) throw new Failure(`workerd does not run on ${process.platform}-${process.arch}.`);
  return file;
}

/**
 * Starts one workerd process with every built function.
 * @param {{dir: string, vars: Record<string, string>, port?: number, label?: string, only?: string[],
 *   perFunction?: Record<string, Record<string, string>>, bundles?: string, inspected?: boolean, asleep?: boolean,
 *   crowded?: boolean}} options
 *   `vars` reach every function, `perFunction` those of one. `only` names the functions to load; a `label`
 *   tells several processes in one `dir` apart. `bundles` is where the built functions are, if not in the target folder.
 *   With `inspected` the runtime tells how much memory a function has, and collects garbage as if it had little: see
 *   `tests/bench/memory.mjs`. The functions of one that is `asleep` have begun and been asked nothing. In one that is
 *   `crowded` another isolate begins after theirs, at which the engine drops what it has compiled for all (so does one
 *   function for those before it).
 * @typedef {import("./processes.mjs").Server & {url: string, urls: Record<string, string>, inspector?: string,
 *   runScheduled: (folder: string, cron?: string) => Promise<void>}} Workerd
 *   `url` is the front door, `urls` each function behind it; `runScheduled` is what a cron trigger does.
 * @returns {Promise<Workerd>}
 */
export async function startWorkerd({ dir, vars, port, label = "workerd", only, perFunction = {}, bundles, inspected = false, asleep = false, crowded = false }) {
  const built = findWorkers().filter(({ folder }) => !only || only.includes(folder));
  const workers = bundles ? built.map((worker) => ({ ...worker, bundle: join(bundles, worker.folder) })) : built;
  const ports = await freePorts(workers.length + 2);
  if (port) ports[0] = port;
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${label}.capnp`);
  writeFileSync(file, configuration(dir, workers, ports, { vars, perFunction, v8Flags: inspected ? [SMALL_HEAP] : [], crowded }), { mode: 0o600 });
  const inspector = inspected ? `127.0.0.1:${await freePort()}` : undefined;
  const args = ["serve", "--experimental", ...(inspector ? ["--inspector-addr", inspector] : []), file];
  const server = startServer({ name: label, command: workerdBinary(), args, log: join(dir, `${label}.log`) });
  const url = `http://127.0.0.1:${ports[0]}`;
  const door = asleep ? `http://127.0.0.1:${ports.at(-1)}` : `${url}/health`;
  await ready(server, async () => (await fetch(door)).arrayBuffer());
  const urls = Object.fromEntries(workers.map(({ folder }, index) => [folder, `http://127.0.0.1:${ports[index + 1]}`]));
  const runScheduled = async (folder, cron = "") => {
    const { name } = workers.find((worker) => worker.folder === folder);
    const response = await fetch(`http://127.0.0.1:${ports.at(-1)}/${name}?cron=${encodeURIComponent(cron)}`, { method: "POST" });
    if (!response.ok) throw new Error(`the schedule of ${folder} failed: ${await response.text()}`);
  };
  return { ...server, url, urls, inspector, runScheduled };
}

/** Distinct ports: each is held until all are known. */
async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

function configuration(dir, workers, ports, { vars, perFunction, v8Flags, crowded }) {
  const [front] = workers;
  const entries = workers.map((worker) => {
    const bindings = { ...stringsOf(worker.config.vars), ...vars, ...perFunction[worker.folder] };
    return workerEntry(dir, worker, bindings, workers);
  });
  const assets = front.config.assets ? assetEntries(dir, front) : { services: [], entry: front.name };
  const others = [...assets.services, scheduleEntry(dir, workers)];
  const doors = [[assets.entry, ports[0]], ...workers.map(({ name }, index) => [name, ports[index + 1]]), ["schedule", ports.at(-1)]];
  const sockets = doors.map(
    ([service, port], index) => `(name = "s${index}", address = "127.0.0.1:${port}", http = (), service = ${text(service)})`,
  );
  return `# Written by dev/workerd.mjs.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = [${v8Flags.map(text).join(", ")}],
  services = [
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    ${(crowded ? [...entries, ...others] : [...others, ...entries]).join(",\n    ")}
  ],
  sockets = [
    ${sockets.join(",\n    ")}
  ]
);
`;
}

function workerEntry(dir, worker, variables, workers) {
  const known = new Set(workers.map(({ name }) => name));
  const services = (worker.config.services ?? []).filter(({ service }) => known.has(service));
  const bindings = [
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...services.map(({ binding, service }) => `(name = ${text(binding)}, service = ${text(service)})`),
  ];
  if (worker.config.assets?.binding) bindings.push(`(name = ${text(worker.config.assets.binding)}, service = "assets-only")`);
  const modules = modulesOf(worker).map((file) => moduleEntry(dir, worker.bundle, file));
  return workerService(worker.name, modules, bindings, worker.config.compatibility_date, worker.config.compatibility_flags);
}

function moduleEntry(dir, folder, file) {
  const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
  // An absolute path would be looked up among the schemas.
  return `(name = ${text(file)}, ${kind} = embed ${text(relative(dir, join(folder, file)))})`;
}

function workerService(name, modules, bindings, date, flags = []) {
  return `(name = ${text(name)}, worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = ${text(date)},
      compatibilityFlags = [${flags.map(text).join(", ")}],
      bindings = [${bindings.join(", ")}]
    ))`;
}

/** The static files in front of the front door. */
function assetEntries(dir, front) {
  const { directory, run_worker_first = false, not_found_handling = "none" } = front.config.assets;
  const folder = join(front.directory, directory);
  mkdirSync(folder, { recursive: true });
  const module = moduleEntry(dir, join(root, "dev"), "workerd-assets.mjs");
  const shared = [
    '(name = "FILES", service = "files")',
    `(name = "ASSETS_CONFIG", json = ${text(JSON.stringify({ run_worker_first, not_found_handling }))})`,
  ];
  const withWorker = [...shared, `(name = "WORKER", service = ${text(front.name)})`];
  const date = front.config.compatibility_date;
  return {
    entry: "assets",
    services: [
      `(name = "files", disk = (path = ${text(folder)}))`,
      workerService("assets", [module], withWorker, date),
      workerService("assets-only", [module], shared, date),
    ],
  };
}

/** The door through which cron triggers come in. */
function scheduleEntry(dir, workers) {
  const module = moduleEntry(dir, join(root, "dev"), "workerd-schedule.mjs");
  const bindings = workers.map(({ name }) => `(name = ${text(name)}, service = ${text(name)})`);
  // A service binding offers `scheduled` only under this flag.
  return workerService("schedule", [module], bindings, "2026-11-01", ["service_binding_extra_handlers"]);
}

function stringsOf(vars = {}) {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
}

/** A text literal of the configuration language, whose escapes are JSON's for anything that appears here. */
function text(value) {
  return JSON.stringify(value);
}
