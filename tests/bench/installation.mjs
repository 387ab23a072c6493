/**
 * What the benchmarks and the stories of outages run against: stores that can be killed and brought back, one
 * process with the whole API, and edges, each a process with the hot path alone and so with an isolate of its own.
 */
import { Agent, request } from "node:http";
import { killGroup } from "../../dev/processes.mjs";
import { startPostgres } from "../../dev/postgres.mjs";
import { startRedis } from "../../dev/redis.mjs";
import { startStores } from "../../dev/stack.mjs";
import { startWorkerd } from "../../dev/workerd.mjs";

const API = ["gateway", "keys", "prompts", "resolve-prompt"];
const EDGE = ["resolve-prompt"];

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {string} text
 * @property {any} body The text as JSON, `null` when it is none.
 */

export class Installation {
  /** @type {import("../../dev/stack.mjs").Stores} */
  stores;
  /** @type {import("../../dev/workerd.mjs").Workerd} */
  api;
  /** @type {import("../../dev/workerd.mjs").Workerd[]} */
  edges = [];
  /** The stores' processes, by name. @type {Map<string, {server: import("../../dev/processes.mjs").Server & {port: number}, start: Function}>} */
  #processes = new Map();
  #dir;
  #bundles;
  /** Every function's process there ever was. @type {import("../../dev/workerd.mjs").Workerd[]} */
  #started = [];

  /** @param {{dir: string, bundles?: string, edges?: number}} options `bundles` as in `startWorkerd`. */
  static async start({ dir, bundles, edges = 0 }) {
    const installation = new Installation();
    installation.#dir = dir;
    installation.#bundles = bundles;
    installation.stores = await startStores({ dir, durable: false, faults: true });
    for (const server of installation.stores.servers) {
      installation.#processes.set(server.name, { server, start: server.name === "Redis" ? startRedis : startPostgres });
    }
    try {
      installation.api = await installation.startProcess(API);
      for (let index = 0; index < edges; index++) await installation.startEdge();
    } catch (error) {
      await installation.stop();
      throw error;
    }
    return installation;
  }

  /** One more edge, which knows nothing yet. @param {{asleep?: boolean, crowded?: boolean}} options As in `startWorkerd`. */
  async startEdge(options = {}) {
    const edge = await this.startProcess(EDGE, {}, options);
    this.edges.push(edge);
    return edge;
  }

  /** Ends an edge. */
  async stopEdge(edge) {
    this.edges.splice(this.edges.indexOf(edge), 1);
    await edge.stop();
  }

  /**
   * A process with some of the functions. The caller stops it.
   * @param {string[]} only @param {Record<string, string>} vars
   * @param {{inspected?: boolean, asleep?: boolean, crowded?: boolean}} options As in `startWorkerd`.
   */
  async startProcess(only, vars = {}, options = {}) {
    const label = `workerd-${this.#started.length}`;
    const server = await startWorkerd({ dir: this.#dir, vars: { ...this.stores.vars, ...vars }, label, only, bundles: this.#bundles, ...options });
    this.#started.push(server);
    return server;
  }

  /** What all functions have logged since the beginning. */
  logs() {
    return this.#started.map((server) => server.output()).join("\n");
  }

  async stop() {
    for (const edge of this.edges) await edge.stop();
    await this.api?.stop();
    for (const { server } of this.#processes.values()) {
      // One that is stopped would not hear of it.
      killGroup(server.pid, "SIGCONT");
      await server.stop();
    }
    await this.stores.stop();
  }

  /** What the API says, whatever it says. @returns {Promise<Answer>} */
  call(method, path, body, { url = this.api.url, key = this.stores.adminKey } = {}) {
    return send(url + path, { method, key, body });
  }

  /** What the API says when all is well. @returns {Promise<any>} */
  async succeed(method, path, body) {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** A prompt with a version per template, the first one in production. @returns {Promise<string[]>} The versions' ids. */
  async createPrompt(name, templates) {
    await this.succeed("POST", "/api/prompts", { name });
    const ids = [];
    for (const template of templates) {
      const version = { type: "text", template_text: template, model_id: "offline" };
      ids.push((await this.succeed("POST", `/api/prompts/${encodeURIComponent(name)}/versions`, version)).version_id);
    }
    await this.promote(name, ids[0]);
    return ids;
  }

  promote(name, versionId) {
    return this.succeed("POST", `/api/prompts/${encodeURIComponent(name)}/promote`, { environment: "production", version_id: versionId });
  }

  /** @returns {Promise<{id: string, key: string}>} */
  createKey(name) {
    return this.succeed("POST", "/api/keys", { name, role: "runtime" });
  }

  /** Makes the REST front misbehave: see `Faults` in `dev/redis-rest.mjs`. */
  async fault(mode, options = {}) {
    const answer = await send(`${this.stores.restUrl}/__faults`, { method: "POST", body: { mode, ...options } });
    if (answer.status !== 200) throw new Error(answer.text);
  }

  /** Runs a command on Redis. */
  async redis(...command) {
    const answer = await send(this.stores.restUrl, { method: "POST", key: this.stores.restToken, body: command });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body.result;
  }

  /** Kills a store (`PostgreSQL` or `Redis`) as a crash does. */
  async kill(name) {
    const { server } = this.#processes.get(name);
    killGroup(server.pid, "SIGKILL");
    await server.exited;
  }

  /** Starts a killed store where it was. */
  async restart(name) {
    const { server, start } = this.#processes.get(name);
    this.#processes.set(name, { start, server: await start({ dir: this.#dir, port: server.port, durable: false }) });
  }

  /** Makes a store accept connections and say nothing, or go on. */
  freeze(name, frozen = true) {
    killGroup(this.#processes.get(name).server.pid, frozen ? "SIGSTOP" : "SIGCONT");
  }
}

/** @returns {Promise<Answer>} Rejects when the connection fails. */
export function send(url, { method = "GET", key, body, agent } = {}) {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = { ...(key ? { authorization: `Bearer ${key}` } : {}), ...(payload ? { "content-type": "application/json" } : {}) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, headers: response.headers, text, body: parse(text) });
      });
    });
    sent.on("error", reject);
    sent.end(payload);
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Asks an address again and again over one connection of its own, until it is stopped.
 * @param {string} url
 * @param {{key: string, everyMs?: number, onAnswer: (answer: Answer) => void}} options
 *   `onAnswer` is told of a broken connection as status 599.
 * @returns {{stop: () => Promise<void>}}
 */
export function poll(url, { key, everyMs = 20, onAnswer }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let isOver = false;
  const broken = (error) => ({ status: 599, headers: {}, text: String(error), body: null });
  const loop = async () => {
    while (!isOver) {
      const pause = new Promise((resolve) => setTimeout(resolve, everyMs));
      const answer = await send(url, { key, agent }).catch(broken);
      if (!isOver) onAnswer(answer);
      await pause;
    }
    agent.destroy();
  };
  const ended = loop();
  return {
    stop() {
      isOver = true;
      return ended;
    },
  };
}
