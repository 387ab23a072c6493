/**
 * `make demo` against the stack: what somebody who looks at it first sees is there, and a run that broke off is finished
 * by the next one.
 *
 *   sh dev/node.sh --test dev/demo.test.mjs
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildFunctions } from "./functions.mjs";
import { withClient } from "./migrate.mjs";
import { root, run } from "./processes.mjs";
import { startStack } from "./stack.mjs";

const FUNCTIONS = ["gateway", "keys", "prompts", "experiments", "chat", "feedback", "ingest", "analytics"];

let dir, stack;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-demo-"));
  await buildFunctions({ names: FUNCTIONS, quiet: true });
  stack = await startStack({ dir, only: FUNCTIONS });
});

after(async () => {
  await stack?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const file = () => join(dir, "demo.json");

async function demo() {
  const env = { ...process.env, URL: stack.url, KEY: stack.adminKey, DATABASE_URL: stack.databaseUrl, DEMO_FILE: file(), SHARE: "0.03" };
  return run(process.execPath, [join(root, "dev/demo.mjs")], { env, timeoutMs: 120_000 });
}

async function get(path, key = stack.adminKey) {
  const response = await fetch(stack.url + path, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(response.status, 200, path);
  return response.json();
}

/** What the demo has made, counted. */
async function made() {
  const counts = `select (select count(*)::int from prompts) as prompts, (select count(*)::int from versions) as versions,
    (select count(*)::int from pointer_moves) as moves, (select count(*)::int from experiments) as experiments,
    (select count(*)::int from collections) as collections, (select count(*)::int from teams) as teams,
    (select count(*)::int from inferences where id like 'demo-%') as inferences`;
  return withClient(stack.databaseUrl, async (database) => (await database.query(counts)).rows[0]);
}

test("the demo shows a week, and goes on where it broke off", { timeout: 300_000 }, async () => {
  const first = await demo();
  assert.equal(first.code, 0, first.output);
  const counted = await made();
  assert.deepEqual({ ...counted, moves: 0, inferences: 0 }, { prompts: 5, versions: 9, moves: 0, experiments: 1, collections: 2, teams: 3, inferences: 0 });
  assert.ok(counted.inferences > 100, JSON.stringify(counted));
  const { requests } = await get("/api/analytics/overview");
  assert.ok(requests > 50, `${requests} requests`);
  const { data: experiments } = await get("/api/experiments?status=active");
  const { variants } = await get(`/api/experiments/${experiments[0].experiment_id}/results`);
  assert.ok(variants.every(({ exposures }) => exposures > 0), JSON.stringify(variants));

  const again = await demo();
  assert.notEqual(again.code, 0);
  assert.match(again.output, /there already/);

  // As if it had not come to its end.
  const progress = JSON.parse(readFileSync(file(), "utf8"));
  progress[stack.url].isDone = false;
  writeFileSync(file(), JSON.stringify(progress));
  const finished = await demo();
  assert.equal(finished.code, 0, finished.output);
  const { inferences, ...rest } = await made();
  const { inferences: before, ...expected } = counted;
  assert.deepEqual(rest, expected, "nothing is there twice");
  assert.ok(inferences >= before && inferences < before * 1.2, `${before} and then ${inferences}`);
});
