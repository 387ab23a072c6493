/**
 * `make dev`: everything that the system is, at one address, until Ctrl-C.
 *
 * PORT chooses the port. DATABASE_URL, and UPSTASH_REDIS_REST_URL with UPSTASH_REDIS_REST_TOKEN, replace the
 * stores that are started otherwise. `.dev/vars` may hold more variables for the functions, KEY=VALUE lines.
 * PROMPTLAB_DEV_DIR is where it keeps what it keeps, in place of `.dev`: for its own test.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseEnv } from "node:util";
import { buildFunctions, findWorkers } from "./functions.mjs";
import { claimServers, Failure, isPortFree, releaseServers, root, runMain, stopCommands } from "./processes.mjs";
import { startSchedule } from "./schedule.mjs";
import { setup } from "./setup.mjs";
import { startStores } from "./stack.mjs";
import { startWorkerd } from "./workerd.mjs";
import { startWrangler } from "./wrangler.mjs";

const dir = resolve(root, process.env.PROMPTLAB_DEV_DIR ?? ".dev");

/** What was started, in that order. @type {(() => unknown)[]} */
const closers = [];
let interrupted = false;
let announceInterrupt;
const interrupt = new Promise((resolve) => (announceInterrupt = resolve));

async function main() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      interrupted = true;
      stopCommands();
      announceInterrupt("");
    });
  }
  try {
    const servers = await start();
    const reason = await Promise.race([interrupt, ...servers.map(async ({ name, exited }) => `${name} stopped (${await exited})`)]);
    if (!reason) return 0;
    throw new Failure(`${reason}; its log is in .dev. Everything else is stopped too.`);
  } catch (error) {
    if (interrupted) return 0;
    throw error;
  } finally {
    if (closers.length > 1) console.log("\nStopping.");
    for (const close of closers.reverse()) await close();
  }
}

async function start() {
  const port = wantedPort(process.env.PORT ?? "8787");
  const given = external();
  mkdirSync(dir, { recursive: true });
  const record = await claimServers(join(dir, "servers.json"));
  closers.push(() => releaseServers(record));
  if (!(await isPortFree(port))) throw new Failure(`port ${port} is in use: stop what uses it, or choose another with \`PORT=8788 make dev\`.`);

  const began = Date.now();
  console.log("Set-up");
  await step(() => setup({ database: !given.databaseUrl, cache: !given.restUrl }));
  console.log("Functions");
  await step(() => buildFunctions());
  console.log("Stores");
  const stores = await step(() => startStores({ dir, ...given, say: (line) => console.log(`  ${line}`) }));
  closers.push(stores.stop);
  record.note(stores.servers);
  const vars = { ...stores.vars, ...extraVariables() };
  console.log("Workers");
  const functions = await step(() => startWrangler({ dir, vars, port }));
  closers.push(functions.stop);
  const schedules = await startSchedules(vars);
  const servers = [...stores.servers, functions, ...schedules];
  record.note(servers);
  announce(functions.url, relative(root, stores.adminKeyFile), Date.now() - began);
  return servers;
}

/** Does a part of the start, unless it was interrupted before. */
async function step(work) {
  if (interrupted) throw new Failure("interrupted");
  return work();
}

/** @param {string} text */
function wantedPort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new Failure(`PORT is \`${text}\`: a port is a number from 1 to 65535.`);
  return port;
}

/** The stores that the environment names. */
function external() {
  const { DATABASE_URL: databaseUrl, UPSTASH_REDIS_REST_URL: restUrl, UPSTASH_REDIS_REST_TOKEN: restToken } = process.env;
  // The values are not shown: they may hold a password.
  if (databaseUrl && !isAddress(databaseUrl, ["postgres:", "postgresql:"])) {
    throw new Failure("DATABASE_URL is no address of a database: it should be like postgres://user:password@host:5432/name.");
  }
  if (restUrl && !isAddress(restUrl, ["http:", "https:"])) {
    throw new Failure("UPSTASH_REDIS_REST_URL is no address: it should be like https://name.upstash.io.");
  }
  if (restUrl && !restToken) throw new Failure("UPSTASH_REDIS_REST_URL is set without UPSTASH_REDIS_REST_TOKEN: set both or neither.");
  return { databaseUrl, restUrl, restToken };
}

/** @param {string} text @param {string[]} protocols */
function isAddress(text, protocols) {
  const url = URL.parse(text);
  return url !== null && protocols.includes(url.protocol) && url.hostname !== "";
}

function extraVariables() {
  const file = join(dir, "vars");
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

/** The functions with cron triggers run a second time beside wrangler, which fires none. */
async function startSchedules(vars) {
  const workers = findWorkers().filter(({ config }) => config.triggers?.crons?.length > 0);
  if (workers.length === 0) return [];
  const names = workers.map(({ folder }) => folder);
  const server = await step(() => startWorkerd({ dir, vars, label: "schedules", only: names }));
  closers.push(server.stop, startSchedule(workers, server.runScheduled));
  console.log(`  schedules: ${names.join(", ")}`);
  return [server];
}

function announce(url, keyFile, milliseconds) {
  const key = `-H "authorization: Bearer $(cat ${keyFile})" -H "content-type: application/json"`;
  console.log(`
PromptLab is at ${url} (${(milliseconds / 1000).toFixed(1)} s). Your admin key is in ${keyFile}. Ctrl-C stops everything.

  curl ${url}/ready
  curl ${url}/api/prompts ${key} -d '{"name": "greeting"}'
  curl -N ${url}/api/chat ${key} -d '{"message": "Hello", "model": "offline"}'

Logs are in ${relative(root, dir)}: wrangler.log, postgres.log, redis.log.`);
}

await runMain(main);
