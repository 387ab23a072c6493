/**
 * Applies `migrations/NNNN_*.sql` in their order, each in a transaction of its own, and notes them in
 * `schema_migrations`. They only go forward: a file that was applied must not change.
 *
 *   DATABASE_URL=postgres://… node dev/migrate.mjs
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { Failure, root, runMain } from "./processes.mjs";

/** Any number that nobody else locks: the digits of "promptlab" on a telephone, shortened. */
const LOCK = 776678522;

/**
 * Connects, with the error that an unreachable database deserves.
 * @template T
 * @param {string} databaseUrl
 * @param {(client: pg.Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withClient(databaseUrl, work) {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    const host = URL.parse(databaseUrl)?.host;
    throw new Failure(`the database${host ? ` at ${host}` : ""} cannot be reached (${error.code ?? error.message}): check DATABASE_URL.`);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Brings the database to the newest schema.
 * @param {string} databaseUrl A direct connection: a transaction pooler cannot hold the lock.
 * @param {string} [folder]
 * @returns {Promise<string[]>} The names of what was applied now.
 */
export async function migrate(databaseUrl, folder = join(root, "migrations")) {
  return withClient(databaseUrl, async (client) => {
    // Two starts at once: the second waits and then finds nothing to do.
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await client.query(
      "create table if not exists schema_migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now())",
    );
    const { rows } = await client.query("select name, sha256 from schema_migrations");
    const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
    const pending = readMigrations(folder).filter((migration) => isPending(migration, applied));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  });
}

function readMigrations(folder) {
  const names = readdirSync(folder).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return names.map((name) => {
    const sql = readFileSync(join(folder, name), "utf8");
    return { name, sql, sha256: createHash("sha256").update(sql).digest("hex") };
  });
}

function isPending({ name, sha256 }, applied) {
  if (!applied.has(name)) return true;
  if (applied.get(name) === sha256) return false;
  throw new Failure(
    `migrations/${name} changed after it was applied: put it back and add a new migration, or begin anew by deleting .dev/postgres.`,
  );
}

async function apply(client, { name, sql, sha256 }) {
  try {
    await client.query("begin");
    await client.query(sql);
    await client.query("insert into schema_migrations (name, sha256) values ($1, $2)", [name, sha256]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    const line = error.position ? `:${sql.slice(0, Number(error.position)).split("\n").length}` : "";
    throw new Failure(`migrations/${name}${line} failed: ${error.message}`);
  }
}

if (import.meta.main) {
  await runMain(async () => {
    const url = process.env.DATABASE_URL;
    if (!url) throw new Failure("set DATABASE_URL to the database that is to be migrated.");
    const applied = await migrate(url);
    console.log(applied.length > 0 ? `applied ${applied.join(", ")}` : "nothing to apply");
  });
}
