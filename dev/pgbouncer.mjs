/**
 * pgbouncer in transaction mode, as hosted databases have it in front: every transaction may meet another
 * server connection, so a statement prepared by name or a session setting is gone at the next one.
 */
import { chownSync, chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, freePort, ready, startServer } from "./processes.mjs";
import { withClient } from "./migrate.mjs";
import { findProgram } from "./system-packages.mjs";

/**
 * Starts a pooler in front of an embedded PostgreSQL.
 * @param {{dir: string, databaseUrl: string}} options
 * @returns {Promise<import("./processes.mjs").Server & {url: string}>} `url` is the database through the pooler;
 *   every other database of the same server is behind it too.
 */
export async function startPgbouncer({ dir, databaseUrl }) {
  const command = findProgram("pgbouncer");
  if (!command) throw new Failure("pgbouncer is missing: run `sh dev/node.sh dev/setup.mjs --tests`.");
  const database = new URL(databaseUrl);
  const port = await freePort();
  const folder = join(dir, "pgbouncer");
  mkdirSync(folder, { recursive: true });
  const users = join(folder, "users.txt");
  writeFileSync(users, `"${database.username}" "${await scramSecret(databaseUrl)}"\n`);
  const settings = join(folder, "pgbouncer.ini");
  writeFileSync(settings, configuration(database, port, users));
  // It refuses to run as root, as PostgreSQL does: the data's owner runs both.
  const owner = process.getuid?.() === 0 ? statSync(join(dir, "postgres")) : undefined;
  if (owner) {
    // A temporary folder is closed to others.
    chmodSync(dir, 0o711);
    for (const path of [folder, users, settings]) chownSync(path, owner.uid, owner.gid);
  }
  const account = owner && { uid: owner.uid, gid: owner.gid };
  const server = startServer({ name: "pgbouncer", command, args: [settings], ...account, log: join(dir, "pgbouncer.log"), stopSignal: "SIGINT" });
  database.port = String(port);
  await ready(server, () => withClient(database.href, (client) => client.query("select 1")));
  return { ...server, url: database.href };
}

/** What the server itself knows of the password: from the password the pooler would compute for 3 ms at each log-in. */
async function scramSecret(databaseUrl) {
  const { rows } = await withClient(databaseUrl, (client) => client.query("select rolpassword from pg_authid where rolname = current_user"));
  return rows[0].rolpassword;
}

function configuration(database, port, users) {
  return `[databases]
* = host=${database.hostname} port=${database.port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
`;
}
