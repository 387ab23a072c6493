/**
 * The largest time until the last edge shows a change, under steady load.
 *
 * Each repetition begins at another moment in the life of what the edges remember, and is watched on every edge
 * over several connections, as applications have them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { says, shows, Watch } from "./watch.mjs";

const REPETITIONS = 12;
const REPETITIONS_LOST = 10;
/** What the front must lose for a writer's invalidation never to arrive, while readers go on filling Redis. */
const PUBLICATION = '^/pipeline.*"EVAL.*"(3000|15000)"';

/** @param {{installation: import("./installation.mjs").Installation}} context */
export async function measurePropagation({ installation }) {
  const [rollbacks, deletions, revocations] = await Promise.all([
    moves(installation, "bench/moved", REPETITIONS),
    times(REPETITIONS, (index) => deletion(installation, `bench/deleted-${index}`)),
    times(REPETITIONS, (index) => revocation(installation, `bench/key-${index}`)),
  ]);
  const largest = (changes, measure) => Math.max(...changes.map(measure));
  return {
    promote_max_ms: largest(rollbacks, ({ promoted }) => promoted.fromCall),
    rollback_max_ms: largest(rollbacks, ({ back }) => back.fromCall),
    rollback_after_answer_max_ms: largest(rollbacks, ({ back }) => back.fromAnswer),
    delete_max_ms: largest(deletions, ({ fromCall }) => fromCall),
    delete_after_answer_max_ms: largest(deletions, ({ fromAnswer }) => fromAnswer),
    revoke_max_ms: largest(revocations, ({ fromCall }) => fromCall),
    revoke_after_answer_max_ms: largest(revocations, ({ fromAnswer }) => fromAnswer),
  };
}

/** The same when the write to Redis after the commit fails. @param {{installation: import("./installation.mjs").Installation}} context */
export async function measureLostInvalidations({ installation }) {
  await installation.fault("drop-writes", { match: PUBLICATION });
  try {
    const [rollbacks, deletions, revocations] = await Promise.all([
      moves(installation, "bench/moved-lost", REPETITIONS_LOST / 2),
      times(REPETITIONS_LOST, (index) => deletion(installation, `bench/lost-${index}`)),
      times(REPETITIONS_LOST, (index) => revocation(installation, `bench/lost-key-${index}`)),
    ]);
    const both = rollbacks.flatMap(({ promoted, back }) => [promoted, back]);
    if (both.some(({ answer }) => answer.body.propagated_at !== null)) throw new Error("an invalidation arrived that was to be lost");
    const largest = (changes) => Math.max(...changes.map(({ fromCall }) => fromCall));
    return {
      rollback_lost_invalidation_max_ms: largest(both),
      delete_lost_invalidation_max_ms: largest(deletions),
      revoke_lost_invalidation_max_ms: largest(revocations),
    };
  } finally {
    await installation.fault("none");
  }
}

/** Promotes the second version and rolls back to the first, again and again. */
async function moves(installation, name, repetitions) {
  const [, second] = await installation.createPrompt(name, ["first", "second"]);
  const { key } = await installation.createKey(name);
  const watch = new Watch(urls(installation, name), { key });
  const path = `/api/prompts/${encodeURIComponent(name)}`;
  try {
    await watch.all(shows("first"));
    return await times(repetitions, async () => {
      const promotion = { environment: "production", version_id: second };
      const promoted = await timed(watch, shows("second"), () => installation.call("POST", `${path}/promote`, promotion));
      await anyMoment();
      const back = await timed(watch, shows("first"), () => installation.call("POST", `${path}/rollback`, { environment: "production" }));
      await anyMoment();
      return { promoted, back };
    });
  } finally {
    await watch.stop();
  }
}

async function deletion(installation, name) {
  await installation.createPrompt(name, ["here"]);
  const { key } = await installation.createKey(name);
  return changed(installation, name, key, says(404), () => installation.call("DELETE", `/api/prompts/${encodeURIComponent(name)}`));
}

async function revocation(installation, name) {
  await installation.createPrompt(name, ["here"]);
  const { id, key } = await installation.createKey(name);
  return changed(installation, name, key, says(401), () => installation.call("DELETE", `/api/keys/${id}`));
}

async function changed(installation, name, key, isExpected, change) {
  const watch = new Watch(urls(installation, name), { key });
  try {
    await watch.all(shows("here"));
    await anyMoment();
    return await timed(watch, isExpected, change);
  } finally {
    await watch.stop();
  }
}

async function timed(watch, isExpected, change) {
  watch.expect(isExpected);
  const called = performance.now();
  const answer = await change();
  const answered = performance.now();
  if (answer.status >= 300) throw new Error(`the change failed: ${answer.status} ${answer.text}`);
  const shown = await watch.settled();
  return { answer, fromCall: shown - called, fromAnswer: Math.max(0, shown - answered) };
}

const urls = (installation, name) => installation.edges.map(({ url }) => `${url}/api/resolve/${encodeURIComponent(name)}`);

/** The ages of what is remembered repeat within this time. */
const anyMoment = () => sleep(200 + Math.random() * 1_300);

async function times(count, work) {
  const results = [];
  for (let index = 0; index < count; index++) results.push(await work(index));
  return results;
}
