/**
 * How long a large export takes, and that its memory grows neither with its length nor with a slow reader.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { withClient } from "../../dev/migrate.mjs";
import { lastLogged, watchHeap } from "./memory.mjs";

const FUNCTIONS = ["gateway", "keys", "export"];
const WORKER = "export";
const MANY = Number(process.env.MESSAGES ?? 1_000_000);
const FEW = MANY / 10;
/** A reader that takes a breath after each chunk, for so long. */
const SLOW_MS = 10_000;
const BREATH_MS = 100;

/** @param {{installation: import("./installation.mjs").Installation}} context */
export async function measureExport({ installation }) {
  const few = await makeTeam(installation, "few");
  const many = await makeTeam(installation, "many");
  await withClient(installation.stores.databaseUrl, async (database) => {
    await database.query("set synchronous_commit = off");
    await fill(database, few.id, FEW);
    await fill(database, many.id, MANY);
    await database.query("analyze messages");
  });
  const short = await measure(installation, few.key, FEW);
  const long = await measure(installation, many.key, MANY);
  const slow = await measure(installation, many.key, MANY, SLOW_MS);
  return {
    export_messages: MANY,
    export_seconds: long.seconds,
    export_mb: long.mb,
    export_short_wasm_mb: short.wasmMb,
    export_short_heap_mb: short.heapMb,
    export_wasm_mb: long.wasmMb,
    export_heap_mb: long.heapMb,
    export_memory_mb: long.wasmMb + long.heapMb,
    export_slow_heap_mb: slow.heapMb,
  };
}

async function makeTeam(installation, name) {
  const made = await installation.succeed("POST", "/api/teams", { name: `Export of ${name}` });
  return { id: made.team_id ?? made.team.id, key: made.key.key ?? made.key };
}

async function fill(database, team, count) {
  await database.query(
    `insert into conversations (team_id, id, title, message_count, created_by)
     select $1, 'conv_' || i, 'Bulk', 100, 'usr_bulk' from generate_series(0, $2::int / 100) as i`,
    [team, count],
  );
  await database.query(
    `insert into messages (team_id, id, conversation_id, position, role, content, status, created_at, completed_at)
     select $1, 'msg_' || i, 'conv_' || i / 100, i % 100 + 1, case when i % 2 = 0 then 'user' else 'assistant' end,
       repeat('What was said, ', 12) || i, 'complete', now() - (i || ' seconds')::interval, now()
     from generate_series(0, $2::int - 1) as i`,
    [team, count],
  );
}

/** In a process of its own: memory that one export has taken does not weigh on the next. */
async function measure(installation, key, count, slowMs) {
  const process = await installation.startProcess(FUNCTIONS, {}, { inspected: true });
  try {
    const read = (query = "") =>
      fetch(`${process.urls.export}/api/export/messages.csv${query}`, { headers: { authorization: `Bearer ${key}` } });
    // An isolate that has not answered yet is not there to be watched.
    await (await read("?to=2001-01-01T00:00:00Z")).arrayBuffer();
    const heap = await watchHeap(process, WORKER);
    const began = performance.now();
    const { bytes, lines } = await follow(await read(), slowMs);
    const seconds = (performance.now() - began) / 1000;
    const heapMb = await heap.stop();
    if (slowMs !== undefined) return { heapMb };
    if (lines !== count + 1) throw new Error(`${lines} lines for ${count} messages`);
    return { seconds, mb: bytes / 1e6, heapMb, wasmMb: lastLogged(process, "export ended", "memory_bytes") / 1e6 };
  } finally {
    await process.stop();
  }
}

/** Reads all of it; with `slowMs` slowly, and leaves then. */
async function follow(response, slowMs) {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const until = performance.now() + (slowMs ?? Infinity);
  let bytes = 0;
  let lines = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    for (const byte of chunk) if (byte === 10) lines += 1;
    if (slowMs !== undefined) await sleep(BREATH_MS);
    if (performance.now() > until) break;
  }
  return { bytes, lines };
}
