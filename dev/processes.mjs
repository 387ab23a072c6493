/**
 * Child processes: one-off commands, and servers that live as long as the script that started them.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A failure whose message is meant for the person at the terminal: one line that says what to do. */
export class Failure extends Error {}

/** The repository's root. */
export const root = join(import.meta.dirname, "..");

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, log?: string, inherit?: boolean,
 *   uid?: number, gid?: number}} [options]
 *   `log` appends the output to a file, `inherit` also shows it.
 * @returns {Promise<{code: number, output: string}>} `code` is 124 after a time-out and 127 when there is no such command.
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = process.env, timeoutMs, log, inherit = false, uid, gid } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, uid, gid, stdio: ["ignore", "pipe", "pipe"], detached: true });
    running.add(child);
    const chunks = [];
    const collect = (stream) => (chunk) => {
      chunks.push(chunk);
      if (inherit) stream.write(chunk);
    };
    child.stdout.on("data", collect(process.stdout));
    child.stderr.on("data", collect(process.stderr));
    let timedOut = false;
    const timer = timeoutMs && setTimeout(() => {
      timedOut = true;
      killGroup(child.pid, "SIGKILL");
    }, timeoutMs);
    const finish = (code) => {
      clearTimeout(timer);
      running.delete(child);
      const output = Buffer.concat(chunks).toString();
      if (log) {
        mkdirSync(dirname(log), { recursive: true });
        writeFileSync(log, output, { flag: "a" });
      }
      resolve({ code: timedOut ? 124 : code, output });
    };
    child.on("error", (error) => {
      chunks.push(Buffer.from(String(error)));
      finish(127);
    });
    child.on("close", (code, signal) => finish(code ?? (signal ? 1 : 0)));
  });
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends the one-off commands that still run, for a script that was interrupted. */
export function stopCommands() {
  for (const child of running) killGroup(child.pid, "SIGTERM");
}

/**
 * The last lines of some output that say something.
 * @param {string} output
 */
export function tail(output, lines = 15) {
  return output.split("\n").filter((line) => line.trim()).slice(-lines).join("\n");
}

/**
 * A server that runs beside this script, in a process group of its own, so that Ctrl-C reaches this
 * script alone and the servers are stopped in order.
 * @typedef {{name: string, pid: number, exited: Promise<string>, output: () => string, stop: () => Promise<void>}} Server
 */

/**
 * Starts a server.
 * @param {{name: string, command: string, args: string[], cwd?: string, env?: NodeJS.ProcessEnv, uid?: number,
 *   gid?: number, log: string, stopSignal?: NodeJS.Signals, stopTimeoutMs?: number}} options
 * @returns {Server} `exited` resolves to the reason once the process is gone.
 */
export function startServer(options) {
  const { name, command, args, cwd = root, env = process.env, uid, gid, log } = options;
  const { stopSignal = "SIGTERM", stopTimeoutMs = 5000 } = options;
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, "w");
  const child = spawn(command, args, { cwd, env, uid, gid, stdio: ["ignore", output, output], detached: true });
  closeSync(output);
  const exited = new Promise((resolve) => {
    child.on("error", (error) => resolve(String(error)));
    child.on("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  child.unref();
  if (child.pid !== undefined) {
    servers.set(child.pid, stopSignal);
    exited.then(() => servers.delete(child.pid));
    stopWithThisScript();
  }
  const stop = async () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    killGroup(child.pid, stopSignal);
    const patience = setTimeout(() => killGroup(child.pid, "SIGKILL"), stopTimeoutMs);
    await exited;
    clearTimeout(patience);
  };
  return { name, pid: child.pid ?? -1, exited, output: () => readFileSync(log, "utf8"), stop };
}

/** The servers that run, by pid, and the signal that each ends well by. @type {Map<number, NodeJS.Signals>} */
const servers = new Map();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Ends every server that runs, without waiting for it. */
export function stopServers() {
  for (const [pid, signal] of servers) killGroup(pid, signal);
}

/** Sees to it that a script which is interrupted leaves no server behind, unless it sees to that itself. */
function stopWithThisScript() {
  if (SIGNALS.some((signal) => process.listenerCount(signal) > 0)) return;
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      stopServers();
      process.exit(130);
    });
  }
}

/**
 * Waits until `check` answers, and fails early when the server dies. A server that does not get ready is stopped.
 * @template T
 * @param {Server} server
 * @param {() => Promise<T>} check Throws or returns a falsy value while the server is not ready.
 * @returns {Promise<T>}
 */
export async function ready(server, check, timeoutMs = 30_000) {
  try {
    return await waitUntilReady(server, check, timeoutMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function waitUntilReady(server, check, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  let dead = null;
  server.exited.then((reason) => (dead = reason));
  while (Date.now() < deadline) {
    if (dead) throw new Failure(`${server.name} stopped while starting (${dead}): ${tail(server.output(), 2)}`);
    try {
      const answer = await check();
      if (answer) return answer;
    } catch {
      // Not yet.
    }
    await sleep(20);
  }
  throw new Failure(`${server.name} did not start within ${timeoutMs / 1000} s: ${tail(server.output(), 2)}`);
}

/** Signals a process and everything it started; a group that is gone already is fine. */
export function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone.
  }
}

/** A free port on loopback. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Whether nobody listens on this port of loopback. @returns {Promise<boolean>} */
export function isPortFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** When a process started: with the pid it names one process for ever. Empty when there is none. */
function startedAt(pid) {
  try {
    // Linux without `ps` is common in containers. Field 22, counted from behind the name, which may hold spaces.
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ")[19];
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
  } catch {
    return "";
  }
}

/**
 * Claims a folder's servers for this script, and ends those that a killed script left behind.
 * @param {string} file Where the servers are noted.
 * @returns {Promise<{file: string, note: (servers: Server[]) => void}>} `note` says which servers run now.
 */
export async function claimServers(file) {
  const { owner, servers } = readRecord(file);
  if (owner && isAlive(owner)) throw new Failure(`it runs already (pid ${owner.pid}): stop that one first.`);
  await stopLeftovers(servers);
  const identify = (pid) => ({ pid, started: startedAt(pid) });
  const note = (running) => {
    writeFileSync(file, JSON.stringify({ owner: identify(process.pid), servers: running.map(({ pid }) => identify(pid)) }));
  };
  note([]);
  return { file, note };
}

/** Gives up the claim, once everything is stopped. @param {{file: string}} record */
export function releaseServers({ file }) {
  rmSync(file, { force: true });
}

function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { owner: null, servers: [] };
  }
}

/** Pid and start time must both agree: a pid is used again. */
function isAlive({ pid, started }) {
  return started !== "" && startedAt(pid) === started;
}

async function stopLeftovers(servers) {
  const left = servers.filter(isAlive);
  for (const { pid } of left) killGroup(pid, "SIGINT");
  for (let wait = 0; wait < 100 && left.some(isAlive); wait++) await sleep(50);
  for (const server of left.filter(isAlive)) killGroup(server.pid, "SIGKILL");
}

/**
 * Runs a script's main function: a `Failure` becomes one line, anything else keeps its stack.
 * @param {() => Promise<number | void>} main Its number is the exit code.
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? `promptlab: ${error.message}` : error);
    process.exitCode = 1;
  }
}
