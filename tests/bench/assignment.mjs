/**
 * What it costs to assign a user to one of ten variants, in the WebAssembly that is deployed.
 */
import { join } from "node:path";
import { startBundle } from "../platform/platforms.mjs";
import { median } from "./figures.mjs";
import { cpuSeconds } from "./throughput.mjs";

const ARMS = 10;
const UNITS = 1_000;
const ROUNDS = 200;
const REPETITIONS = 7;

/** @param {{dir: string, bundles: string}} context */
export async function measureAssignment({ dir, bundles }) {
  const server = await startBundle(dir, {}, join(bundles, "platform-contract"));
  try {
    const arms = Array.from({ length: ARMS }, (_, arm) => ({ key: `variant-${arm}`, weight_bp: 10_000 / ARMS }));
    const units = Array.from({ length: UNITS }, (_, unit) => `user-${unit}@example.com`);
    const body = JSON.stringify({ definition: { salt: "exp_cost", coverage_bp: 10_000, arms, forced: {}, killed: false }, units });
    // CPU time, which neighbours on the machine hardly touch.
    const clock = () => cpuSeconds(server.pid) ?? performance.now() / 1_000;
    const ask = async (rounds) => {
      const began = clock();
      const answer = await fetch(`${server.url}/assignments?rounds=${rounds}`, { method: "POST", body });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return clock() - began;
    };
    await ask(ROUNDS);
    const costs = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const without = await ask(0);
      costs.push(((await ask(ROUNDS)) - without) / (UNITS * ROUNDS));
    }
    return { assign_us: median(costs) * 1e6 };
  } finally {
    await server.stop();
  }
}
