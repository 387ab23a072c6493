/**
 * Upstash's REST API in front of an ordinary Redis, for development and tests.
 * https://upstash.com/docs/redis/features/restapi
 *
 *   node dev/redis-rest.mjs --port 8079 --redis redis://127.0.0.1:6379 --token secret [--faults]
 *
 * | request                          | answer                                                      |
 * |----------------------------------|-------------------------------------------------------------|
 * | `POST /` `["SET", "k", "v"]`     | 200 `{"result": …}`, or 400 `{"error": "ERR …"}`            |
 * | `GET /set/k/v?EX=100`            | the same, the body of a POST being the last argument        |
 * | `POST /pipeline` `[[…], […]]`    | 200 `[{"result": …} or {"error": …}, …]`                    |
 * | `POST /multi-exec` `[[…], […]]`  | the same, all or nothing; 400 when Redis refuses the whole  |
 * | a wrong or missing token         | 401 `{"error": "WRONGPASS …"}`                              |
 * | `Upstash-Encoding: base64`       | every string but the status `OK` in base64                  |
 */
import { timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { runMain } from "./processes.mjs";
import { Disconnected, RedisConnection, RedisError, Status } from "./resp.mjs";

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Commands that hold or change the connection, which every request shares. */
const UNAVAILABLE = new Set([
  "AUTH", "BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "CLIENT", "DISCARD", "EXEC", "HELLO",
  "MONITOR", "MULTI", "PSUBSCRIBE", "QUIT", "RESET", "SELECT", "SHUTDOWN", "SSUBSCRIBE", "SUBSCRIBE", "SYNC", "UNWATCH", "WAIT", "WATCH",
]);

/** An answer that is an error, with its status. */
class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @typedef {{port?: number, host?: string, redisUrl: string, token: string, faults?: boolean}} Options
 *   Port 0, the default, takes a free one. `faults` opens `POST /__faults`: see `Faults`.
 */

/**
 * Starts the REST front.
 * @param {Options} options
 * @returns {Promise<{url: string, token: string, port: number, close: () => Promise<void>}>}
 */
export async function startRedisRest({ port = 0, host = "127.0.0.1", redisUrl, token, faults = false }) {
  const redis = new RedisConnection(redisUrl);
  const front = new Front(redis, token, faults ? new Faults() : null);
  const server = createServer((request, response) => front.answer(request, response));
  server.keepAliveTimeout = 0;
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address().port;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    redis.close();
  };
  return { url: `http://${host}:${bound}`, token, port: bound, close };
}

class Front {
  #redis;
  #authorization;
  #faults;

  constructor(redis, token, faults) {
    this.#redis = redis;
    this.#authorization = Buffer.from(`Bearer ${token}`);
    this.#faults = faults;
  }

  async answer(request, response) {
    try {
      const body = await readBody(request);
      const url = new URL(request.url, "http://redis");
      if (this.#faults && url.pathname === "/__faults") return send(response, 200, this.#faults.set(parseJson(body)));
      this.#authenticate(request, url);
      if (await this.#faults?.apply(decodeURIComponent(request.url) + body, response)) return;
      const encode = request.headers["upstash-encoding"] === "base64" ? toBase64 : toText;
      send(response, 200, await this.#execute(request.method, url, body, encode));
    } catch (error) {
      send(response, ...describe(error));
    }
  }

  #authenticate(request, url) {
    const given = Buffer.from(request.headers.authorization ?? (url.searchParams.has("_token") ? `Bearer ${url.searchParams.get("_token")}` : ""));
    const isRight = given.length === this.#authorization.length && timingSafeEqual(given, this.#authorization);
    if (!isRight) throw new Refusal(401, "WRONGPASS invalid or missing auth token");
  }

  async #execute(method, url, body, encode) {
    switch (url.pathname) {
      case "/":
        requirePost(method);
        return this.#one(toCommand(parseJson(body)), encode);
      case "/pipeline":
        requirePost(method);
        return this.#pipeline(toCommands(parseJson(body)), encode);
      case "/multi-exec":
        requirePost(method);
        return this.#transaction(toCommands(parseJson(body)), encode);
      default:
        return this.#one(commandOfPath(method, url, body), encode);
    }
  }

  async #one(command, encode) {
    refuseUnavailable(command);
    const [value] = await this.#redis.send([command]);
    if (value instanceof RedisError) throw value;
    return { result: encode(value) };
  }

  async #pipeline(commands, encode) {
    const allowed = commands.filter(isAvailable);
    const values = await this.#redis.send(allowed);
    const next = values[Symbol.iterator]();
    return commands.map((command) => itemOf(isAvailable(command) ? next.next().value : unavailable(command), encode));
  }

  async #transaction(commands, encode) {
    commands.forEach(refuseUnavailable);
    const values = await this.#redis.send([["MULTI"], ...commands, ["EXEC"]]);
    const outcome = values.at(-1);
    if (outcome instanceof RedisError) throw outcome;
    return outcome.map((value) => itemOf(value, encode));
  }
}

/**
 * Misbehaviour for tests. `POST /__faults` with `{mode, delay_ms?, match?}` sets it until the next one:
 * `none`; `refuse` resets the connection; `slow` waits `delay_ms` first; `wrong` answers with what is not ours;
 * `cut` ends in the middle of the answer; `drop-writes` fails commands that write and lets reads through; `quota` refuses
 * each command as Upstash does when the plan's requests are used up.
 * `match` is a regular expression over path and body and limits every mode to the requests it fits.
 */
class Faults {
  #mode = "none";
  #delayMs = 0;
  #match = /(?:)/;

  set({ mode, delay_ms: delayMs = 0, match }) {
    if (!["none", "refuse", "slow", "wrong", "cut", "drop-writes", "quota"].includes(mode)) throw new Refusal(400, `ERR unknown mode ${mode}`);
    const writes = '"(?:EVAL|EVALSHA|SET|SETEX|PSETEX|MSET|DEL|UNLINK|EXPIRE|PEXPIRE|INCR|INCRBY|HSET|HDEL|SADD|ZADD|XADD|XACK|XDEL|LPUSH|RPUSH)"';
    this.#mode = mode;
    this.#delayMs = delayMs;
    this.#match = new RegExp(match ?? (mode === "drop-writes" ? writes : ""), "i");
    return { mode, delay_ms: delayMs, match: this.#match.source };
  }

  /** @returns {Promise<boolean>} Whether the request is dealt with. */
  async apply(text, response) {
    if (this.#mode === "none" || !this.#match.test(text)) return false;
    switch (this.#mode) {
      case "slow":
        await sleep(this.#delayMs);
        return false;
      case "refuse":
        response.socket.resetAndDestroy();
        return true;
      case "wrong":
        response.writeHead(200, { "content-type": "text/html" }).end("<html><body>Not what you asked for</body></html>");
        return true;
      case "cut":
        response.writeHead(200, { "content-type": "application/json", "content-length": 1000 }).write('{"result": "cut o');
        setImmediate(() => response.socket?.destroy());
        return true;
      case "quota":
        send(response, 400, { error: "ERR max requests limit exceeded. Limit: 500000, Usage: 500000." });
        return true;
      default:
        send(response, 500, { error: "ERR injected fault" });
        return true;
    }
  }
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    // Read to the end all the same: an answer in the middle of a body leaves the connection unusable.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) throw new Refusal(413, "ERR max request size exceeded");
  return Buffer.concat(chunks).toString();
}

function requirePost(method) {
  if (method !== "POST" && method !== "PUT") throw new Refusal(405, "ERR method not allowed");
}

function parseJson(body) {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, "ERR failed to parse command");
  }
}

/** @returns {string[]} */
function toCommand(value) {
  if (!Array.isArray(value)) throw new Refusal(400, "ERR failed to parse command");
  if (value.length === 0) throw new Refusal(400, "ERR empty command");
  return value.map((argument) => {
    if (typeof argument === "string") return argument;
    if (argument === null) return "";
    return typeof argument === "object" ? JSON.stringify(argument) : String(argument);
  });
}

/** @returns {string[][]} */
function toCommands(value) {
  if (!Array.isArray(value)) throw new Refusal(400, "ERR failed to parse pipeline request");
  if (value.length === 0) throw new Refusal(400, "ERR empty pipeline request");
  return value.map(toCommand);
}

/** `/set/key/value?EX=100` is `SET key value EX 100`; a body is an argument before those of the query. */
function commandOfPath(method, url, body) {
  if (!["GET", "POST", "PUT", "HEAD"].includes(method)) throw new Refusal(405, "ERR method not allowed");
  let command;
  try {
    command = url.pathname.slice(1).split("/").map(decodeURIComponent);
  } catch {
    throw new Refusal(400, "ERR failed to parse command");
  }
  if (body) command.push(body);
  for (const [name, value] of url.searchParams) {
    if (name === "_token") continue;
    command.push(name);
    if (value) command.push(value);
  }
  return command;
}

function isAvailable(command) {
  const name = command[0].toUpperCase();
  if (UNAVAILABLE.has(name)) return false;
  // A blocking read would hold up everybody else's commands.
  return !(name.startsWith("XREAD") && command.some((argument) => argument.toUpperCase() === "BLOCK"));
}

function unavailable(command) {
  return new RedisError(`ERR Command is not available: '${command[0].toUpperCase()}'`);
}

function refuseUnavailable(command) {
  if (!isAvailable(command)) throw unavailable(command);
}

function itemOf(value, encode) {
  return value instanceof RedisError ? { error: value.message } : { result: encode(value) };
}

function toText(value) {
  if (value instanceof Buffer) return value.toString();
  if (value instanceof Status) return value.text;
  if (value instanceof RedisError) return value.message;
  return Array.isArray(value) ? value.map(toText) : value;
}

function toBase64(value) {
  if (value instanceof Buffer) return value.toString("base64");
  if (value instanceof Status) return value.text === "OK" ? "OK" : Buffer.from(value.text).toString("base64");
  if (value instanceof RedisError) return value.message;
  return Array.isArray(value) ? value.map(toBase64) : value;
}

/** @returns {[number, {error: string}]} */
function describe(error) {
  if (error instanceof RedisError) return [400, { error: error.message }];
  if (error instanceof Refusal) return [error.status, { error: error.message }];
  if (error instanceof Disconnected) return [503, { error: `ERR the database cannot be reached: ${error.message}` }];
  return [500, { error: `ERR ${error.message}` }];
}

function send(response, status, value) {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length }).end(body);
}

if (import.meta.main) {
  await runMain(async () => {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "8079" },
        redis: { type: "string", default: "redis://127.0.0.1:6379" },
        token: { type: "string", default: process.env.UPSTASH_REDIS_REST_TOKEN ?? "" },
        faults: { type: "boolean", default: false },
      },
    });
    const { port, redis, token, faults } = values;
    const { url } = await startRedisRest({ port: Number(port), redisUrl: redis, token, faults });
    console.log(`Redis over REST at ${url}`);
  });
}
