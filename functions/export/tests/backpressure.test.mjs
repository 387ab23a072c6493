/**
 * An export is read from the database as its reader asks for more: who stops reading stops that too.
 *
 *   sh dev/node.sh --test functions/export/tests/backpressure.test.mjs
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { buildFunctions } from "../../../dev/functions.mjs";
import { startStack } from "../../../dev/stack.mjs";

const MESSAGES = 15_000;
/** Longer than a page takes. */
const QUIET_MS = 2_500;
const FUNCTIONS = ["gateway", "export"];

let dir, stack, database;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-backpressure-"));
  await buildFunctions({ names: FUNCTIONS, quiet: true });
  stack = await startStack({ dir, only: FUNCTIONS });
  database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  const { rows } = await database.query("select id from teams");
  await database.query("insert into conversations (team_id, id, title, message_count, created_by) values ($1, 'conv_1', 'Long', $2, 'usr_1')", [rows[0].id, MESSAGES]);
  await database.query(
    `insert into messages (team_id, id, conversation_id, position, role, content, status)
     select $1, 'msg_' || i, 'conv_1', i, 'user', repeat('said ', 400) || i, 'complete' from generate_series(1, $2::int) as i`,
    [rows[0].id, MESSAGES],
  );
});

after(async () => {
  await database?.end();
  await stack?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** When the functions last asked for a page. */
async function lastPage() {
  const { rows } = await database.query("select max(query_start) as at from pg_stat_activity where application_name = 'promptlab' and query like '-- Messages by the time%' and pid <> pg_backend_pid()");
  return rows[0].at?.getTime();
}

test("a reader who stops holds the export up, and gets all of it later", { timeout: 120_000 }, async () => {
  const response = await fetch(`${stack.url}/api/export/messages.csv`, { headers: { "x-api-key": stack.adminKey } });
  const reader = response.body.getReader();
  const first = await reader.read();
  let lines = first.value.filter((byte) => byte === 10).length;
  // What lies between the function and here takes some pages, and then no more. Had the export been read to its end,
  // its connection would be gone.
  const deadline = Date.now() + 30_000;
  for (let [before, now] = [undefined, await lastPage()]; before !== now || now === undefined; ) {
    assert.ok(Date.now() < deadline, "the export is never held up");
    await sleep(QUIET_MS);
    [before, now] = [now, await lastPage()];
    assert.ok(now, "the export was read to its end");
  }
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    lines += value.filter((byte) => byte === 10).length;
  }
  assert.equal(lines, MESSAGES + 1);
});
