/**
 * Cron triggers, which neither workerd nor `wrangler dev` fires by itself.
 */

/** The ranges of the five fields: minute, hour, day, month, weekday. */
const RANGES = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 6]];

/**
 * Whether a cron expression names this minute, in UTC as on Workers.
 * @param {string} expression Numbers, `*`, `a-b`, steps and lists of them.
 * @param {Date} time
 */
export function isDue(expression, time) {
  const values = [time.getUTCMinutes(), time.getUTCHours(), time.getUTCDate(), time.getUTCMonth() + 1, time.getUTCDay()];
  const fields = expression.trim().split(/\s+/);
  return fields.length === 5 && fields.every((field, index) => field.split(",").some((part) => fits(part, values[index], RANGES[index])));
}

function fits(part, value, [lowest, highest]) {
  const [range, step = "1"] = part.split("/");
  const [from, to = part.includes("/") ? highest : from] = range === "*" ? [lowest, highest] : range.split("-").map(Number);
  return value >= from && value <= to && (value - from) % Number(step) === 0;
}

/**
 * Fires the schedules of some Workers until stopped. Those of every minute are fired more often: somebody who tries
 * something does not want to wait a minute for its numbers.
 * @param {import("./functions.mjs").Worker[]} workers
 * @param {(folder: string, cron: string) => Promise<void>} fire
 * @param {{everyMs?: number}} [options] How often those of every minute are fired.
 * @returns {() => void} Stops it.
 */
export function startSchedule(workers, fire, { everyMs = 2_000 } = {}) {
  const jobs = workers.flatMap(({ folder, config }) => (config.triggers?.crons ?? []).map((cron) => ({ folder, cron })));
  const timers = new Set();
  let isStopped = false;
  const after = (milliseconds, work) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, milliseconds);
    timers.add(timer);
  };
  const often = async (job) => {
    // One at a time, as long as it takes.
    await fire(job.folder, job.cron).catch(() => {});
    if (!isStopped) after(everyMs, () => often(job));
  };
  const everyMinute = (rare) =>
    after(60_000 - (Date.now() % 60_000), () => {
      const now = new Date();
      for (const { folder, cron } of rare) if (isDue(cron, now)) fire(folder, cron).catch(() => {});
      everyMinute(rare);
    });
  for (const job of jobs) if (job.cron === "* * * * *") after(everyMs, () => often(job));
  const rare = jobs.filter(({ cron }) => cron !== "* * * * *");
  if (rare.length > 0) everyMinute(rare);
  return () => {
    isStopped = true;
    for (const timer of timers) clearTimeout(timer);
  };
}
