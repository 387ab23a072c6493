/**
 * The whole local system: stores, schema, first key and functions.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrate, withClient } from "./migrate.mjs";
import { startPostgres } from "./postgres.mjs";
import { startRedis } from "./redis.mjs";
import { startRedisRest } from "./redis-rest.mjs";
import { ensureAdminKey } from "./seed.mjs";
import { startWorkerd } from "./workerd.mjs";

/**
 * @typedef {object} Stores
 * @property {string} databaseUrl
 * @property {string} restUrl Redis over REST.
 * @property {string} restToken
 * @property {import("./processes.mjs").Server[]} servers What was started here, for whoever wants to stop or kill one.
 * @property {string} adminKey
 * @property {string} adminKeyFile
 * @property {Record<string, string>} vars What every function is given.
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the stores that are not given from outside, and brings the schema up to date.
 * @param {{dir: string, durable?: boolean, faults?: boolean, databaseUrl?: string, restUrl?: string, restToken?: string,
 *   say?: (line: string) => void}} options
 *   `dir` keeps the data. `faults` opens the REST front's `/__faults`.
 * @returns {Promise<Stores>}
 */
export async function startStores({ dir, durable = true, faults = false, databaseUrl, restUrl, restToken, say = () => {} }) {
  mkdirSync(dir, { recursive: true });
  const servers = [];
  const closers = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const keep = (server) => {
    servers.push(server);
    closers.push(server.stop);
    return server;
  };
  try {
    if (!databaseUrl) {
      const postgres = keep(await startPostgres({ dir, durable }));
      databaseUrl = postgres.url;
      say(`PostgreSQL: port ${postgres.port}`);
    }
    if (!restUrl) {
      const redis = keep(await startRedis({ dir, durable }));
      restToken = randomBytes(16).toString("hex");
      const front = await startRedisRest({ redisUrl: redis.url, token: restToken, faults });
      closers.push(front.close);
      restUrl = front.url;
      say(`Redis: port ${redis.port}, over REST at ${restUrl}`);
    }
    const applied = await migrate(databaseUrl);
    say(`migrations: ${applied.length > 0 ? applied.join(", ") : "up to date"}`);
    const adminKeyFile = join(dir, "admin.key");
    const adminKey = await withClient(databaseUrl, (client) => ensureAdminKey(client, adminKeyFile));
    const vars = {
      DATABASE_URL: databaseUrl,
      UPSTASH_REDIS_REST_URL: restUrl,
      UPSTASH_REDIS_REST_TOKEN: restToken,
      ENVIRONMENT: "development",
      PROMPTLAB_SECRET: keptSecret(join(dir, "secret")),
    };
    return { databaseUrl, restUrl, restToken, servers, adminKey, adminKeyFile, vars, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What encrypts the stored provider keys: it must outlive a restart as they do. */
function keptSecret(file) {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}

/**
 * Starts everything on free ports with the functions on workerd, for tests and benchmarks.
 * @param {{dir: string, faults?: boolean, vars?: Record<string, string>, only?: string[], bundles?: string}} options
 * @returns {Promise<Stores & {url: string, urls: Record<string, string>, workerd: import("./processes.mjs").Server}>}
 */
export async function startStack({ dir, faults = false, vars = {}, only, bundles }) {
  const stores = await startStores({ dir, durable: false, faults });
  try {
    const workerd = await startWorkerd({ dir, vars: { ...stores.vars, ...vars }, only, bundles });
    const stop = async () => {
      await workerd.stop();
      await stores.stop();
    };
    return { ...stores, url: workerd.url, urls: workerd.urls, workerd, stop };
  } catch (error) {
    await stores.stop();
    throw error;
  }
}
