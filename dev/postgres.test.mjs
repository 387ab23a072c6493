/**
 * The embedded PostgreSQL, migrations and the first key.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { migrate, withClient } from "./migrate.mjs";
import { startPostgres } from "./postgres.mjs";
import { killGroup } from "./processes.mjs";
import { ensureAdminKey } from "./seed.mjs";

let dir, server;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-postgres-"));
  server = await startPostgres({ dir, durable: false });
});

after(async () => {
  await server?.stop();
  rmSync(dir, { recursive: true });
});

const query = (sql, values) => withClient(server.url, async (client) => (await client.query(sql, values)).rows);

test("the project's migrations apply on an empty database, and once", async () => {
  assert.ok((await migrate(server.url)).length > 0);
  assert.deepEqual(await migrate(server.url), []);
});

test("two starts at once apply each migration once", async () => {
  const folder = join(dir, "twice");
  mkdirSync(folder);
  writeFileSync(join(folder, "9001_twice.sql"), "create table twice (id int)");
  const applied = await Promise.all([migrate(server.url, folder), migrate(server.url, folder)]);
  assert.deepEqual(applied.flat(), ["9001_twice.sql"]);
});

test("a migration that fails leaves nothing behind and says where", async () => {
  const folder = join(dir, "failing");
  mkdirSync(folder);
  writeFileSync(join(folder, "9002_half.sql"), "create table half (id int);\nselect nonsense;");
  await assert.rejects(migrate(server.url, folder), /9002_half\.sql:2 failed/);
  assert.deepEqual(await query("select to_regclass('half') as found"), [{ found: null }]);
});

test("a migration that changed after it was applied is refused", async () => {
  const folder = join(dir, "changed");
  mkdirSync(folder);
  writeFileSync(join(folder, "9003_changed.sql"), "select 1");
  await migrate(server.url, folder);
  writeFileSync(join(folder, "9003_changed.sql"), "select 2");
  await assert.rejects(migrate(server.url, folder), /9003_changed\.sql changed/);
});

test("the first key is made once, kept private, and replaced when it was lost", async () => {
  await migrate(server.url);
  const file = join(dir, "admin.key");
  const ensure = () => withClient(server.url, (client) => ensureAdminKey(client, file));
  const key = await ensure();
  assert.match(key, /^pl_[0-9a-f]{64}$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(await ensure(), key);
  rmSync(file);
  assert.notEqual(await ensure(), key);
  const [{ teams, users, keys }] = await query(
    "select (select count(*)::int from teams) as teams, (select count(*)::int from users) as users, (select count(*)::int from api_keys) as keys",
  );
  assert.deepEqual({ teams, users, keys }, { teams: 1, users: 1, keys: 2 });
});

test("data survive a killed server, and one that is left running is replaced", async () => {
  await query("create table kept as select 'Grüße' as text");
  killGroup(server.pid, "SIGKILL");
  await server.exited;
  const left = await startPostgres({ dir, durable: false });
  server = await startPostgres({ dir, durable: false });
  await left.exited;
  assert.deepEqual(await query("select text from kept"), [{ text: "Grüße" }]);
});
