/**
 * The first key: without one nobody could make the others.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const hashOf = (key) => createHash("sha256").update(key).digest("hex");

/**
 * Makes sure that `file` holds a working admin key of the team that runs the installation, and makes
 * team, user and key when they are missing.
 * @param {import("pg").Client} client
 * @param {string} file Written with mode 600.
 * @returns {Promise<string>} The key.
 */
export async function ensureAdminKey(client, file) {
  const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (kept && (await works(client, kept))) return kept;
  const key = `pl_${randomBytes(32).toString("hex")}`;
  await insertAdminKey(client, key);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return key;
}

async function works(client, key) {
  const { rowCount } = await client.query(
    "select 1 from api_keys where key_hash = $1 and role = 'admin' and revoked_at is null and replaced_by is null and (expires_at is null or expires_at > now())",
    [hashOf(key)],
  );
  return rowCount === 1;
}

async function insertAdminKey(client, key) {
  await client.query(
    `with new_team as (
       insert into teams (id, name, is_operator)
       select type_id('team'), 'Default', true where not exists (select from teams where is_operator)
       returning id
     ), team as (
       select id from new_team union all select id from teams where is_operator
     ), new_user as (
       insert into users (team_id, id, name)
       select id, type_id('usr'), 'admin' from team
       where not exists (select from users where team_id = team.id and name = 'admin')
       returning team_id, id
     ), admin as (
       select team_id, id from new_user
       union all
       select users.team_id, users.id from users join team on team.id = users.team_id where name = 'admin'
     ), new_key as (
       insert into api_keys (team_id, id, user_id, name, role, key_hash, hint, created_by)
       select team_id, type_id('key'), id, 'Set-up', 'admin', $1, $2, id from admin
       returning team_id, id, user_id
     )
     insert into audit (team_id, actor, action, resource, detail)
     select team_id, jsonb_build_object('user_id', user_id), 'key.create', id, '{"name": "Set-up", "role": "admin"}' from new_key`,
    [hashOf(key), key.slice(0, 9)],
  );
}
