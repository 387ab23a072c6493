/**
 * A change whose answer is lost on its way from PostgreSQL is made once, however often its request is repeated with an
 * `Idempotency-Key`.
 *
 *   sh dev/node.sh --test functions/keys/tests/lost_answer.test.mjs
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import { buildFunctions } from "../../../dev/functions.mjs";
import { startStores } from "../../../dev/stack.mjs";
import { startWorkerd } from "../../../dev/workerd.mjs";

/** Part of the text of the statement that makes a key. */
const CREATION = "'key.create'";

let dir, stores, database, wire, workerd;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-lost-"));
  await buildFunctions({ names: ["gateway", "keys"], quiet: true });
  stores = await startStores({ dir, durable: false });
  wire = await startWire(new URL(stores.databaseUrl));
  database = new pg.Client({ connectionString: stores.databaseUrl });
  await database.connect();
  const url = Object.assign(new URL(stores.databaseUrl), { port: wire.port });
  workerd = await startWorkerd({ dir, vars: { ...stores.vars, DATABASE_URL: url.href }, only: ["gateway", "keys"] });
});

after(async () => {
  await workerd?.stop();
  await database?.end();
  wire?.close();
  await stores?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/**
 * A way to PostgreSQL that can be cut where a key is made: before the statement has arrived, or before its answer has.
 * @param {URL} target
 */
async function startWire(target) {
  const sockets = new Set();
  const wire = { cut: /** @type {"before" | "after" | undefined} */ (undefined), port: 0, close };
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(target.port), target.hostname);
    let isCut = false;
    const part = () => [client, upstream].forEach((socket) => socket.destroy());
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", part).on("close", part);
    }
    client.on("data", (chunk) => {
      isCut ||= wire.cut !== undefined && chunk.includes(CREATION);
      if (isCut && wire.cut === "before") part();
      else upstream.write(chunk);
    });
    upstream.on("data", (chunk) => (isCut ? part() : client.write(chunk)));
  });
  function close() {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  wire.port = server.address().port;
  return wire;
}

async function create(name, idempotencyKey) {
  const response = await fetch(`${workerd.urls.keys}/api/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${stores.adminKey}`, "content-type": "application/json", "idempotency-key": idempotencyKey },
    body: JSON.stringify({ name, role: "viewer" }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function keysCalled(name) {
  const { rows } = await database.query("select count(*)::int as keys from api_keys where name = $1", [name]);
  return rows[0].keys;
}

const age = () => database.query("update idempotency set created_at = created_at - interval '61 seconds'");

/** The first request fails, and nobody can tell yet what came of it. */
async function lose(name, cut) {
  wire.cut = cut;
  const first = await create(name, name);
  wire.cut = undefined;
  assert.deepEqual([first.status, first.body.code], [503, "unavailable"]);
  const second = await create(name, name);
  assert.deepEqual([second.status, second.body.code, second.headers.get("retry-after")], [409, "conflict", "1"]);
  await age();
}

test("what was made is not made again, and the repetition says so", async () => {
  await lose("answered late", "after");
  for (let round = 0; round < 2; round++) {
    const { status, body, headers } = await create("answered late", "answered late");
    assert.deepEqual([status, body.code, headers.get("retry-after")], [409, "conflict", null]);
    assert.match(body.detail, /answer was lost/);
  }
  assert.equal(await keysCalled("answered late"), 1);
});

test("what was not made is made by the repetition", async () => {
  await lose("never arrived", "before");
  const { status, body } = await create("never arrived", "never arrived");
  assert.equal(status, 201, JSON.stringify(body));
  assert.deepEqual((await create("never arrived", "never arrived")).body, body);
  assert.equal(await keysCalled("never arrived"), 1);
});

test("what failed before anything was sent may be sent again at once", async () => {
  const refused = await create("", "refused");
  assert.equal(refused.status, 422);
  assert.equal((await create("refused", "refused")).status, 201);
});
