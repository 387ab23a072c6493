/**
 * Both stores killed under load, and brought back.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { says, Watch } from "./watch.mjs";

const PROMPTS = 5;
const OUTAGE_MS = 10_000;
const STALE = "x-promptlab-stale";

/** @param {{installation: import("./installation.mjs").Installation}} context */
export async function measureOutage({ installation }) {
  const { key } = await installation.createKey("Outage");
  const names = Array.from({ length: PROMPTS }, (_, index) => `bench/outage-${index}`);
  for (const name of names) await installation.createPrompt(name, ["still here"]);
  const urls = installation.edges.flatMap(({ url }) => names.map((name) => `${url}/api/resolve/${encodeURIComponent(name)}`));
  const watch = new Watch(urls, { key, everyMs: 40, connections: 1 });
  try {
    await watch.all(says(200));
    const count = { answers: 0, failures: 0, stale: 0 };
    watch.expect((answer) => {
      count.answers += 1;
      if (answer.status >= 500) count.failures += 1;
      if (answer.headers[STALE] === "true") count.stale += 1;
      return answer.status === 200 && !answer.headers[STALE];
    });
    await Promise.all([installation.kill("PostgreSQL"), installation.kill("Redis")]);
    await sleep(OUTAGE_MS);
    const outage_answers = count.answers;
    if (count.stale === 0) throw new Error("no answer was marked stale: were the stores dead?");
    await Promise.all([installation.restart("PostgreSQL"), installation.restart("Redis")]);
    const restarted = performance.now();
    const fresh = await watch.settled();
    return { outage_answers, stale_5xx: count.failures, recovery_ms: Math.max(0, fresh - restarted) };
  } finally {
    await watch.stop();
  }
}
