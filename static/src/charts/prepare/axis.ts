/** Scales and where their marks stand. */

/** An axis from 0 at its foot, or, if it is logarithmic, from `low`. */
export interface Scale {
  low?: number;
  top: number;
  ticks: number[];
}

/** Where a value stands: 0 at the foot, 1 at the top. */
export const placeOn = ({ low, top }: Scale, value: number): number => (low === undefined ? value / top : Math.max(0, Math.log(value / low) / Math.log(top / low)));

/** From 0 to a round number that is not below the largest value, in at most `steps` round steps. */
export function niceScale(largest: number, steps = 4): Scale {
  if (!(largest > 0)) return { top: 1, ticks: [0, 1] };
  const rough = largest / steps;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * (1 - 1e-9)) ?? rough;
  const marks = Math.ceil(largest / step - 1e-9);
  return { top: marks * step, ticks: Array.from({ length: marks + 1 }, (_, mark) => round(mark * step)) };
}

/** Each step up is so many times the one below: one value far above the others does not flatten them. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return niceScale(0);
  const low = 10 ** Math.floor(Math.log10(Math.min(...positive)) + 1e-9);
  const top = Math.max(10 ** Math.ceil(Math.log10(Math.max(...positive)) - 1e-9), low * 10);
  return { low, top, ticks: logTicks(low, top, 6) };
}

/** Without the dust of binary fractions. */
const round = (value: number): number => Number(value.toPrecision(12));

/**
 * A range that shows these intervals, with zero always in it and a little air at both ends. Those that must not flatten
 * the others are left out by the caller: they are cut off where the axis ends.
 */
export function intervalDomain(intervals: readonly (readonly [number, number] | null)[], widest = 2): [number, number] {
  const ends = intervals.flatMap((interval) => (interval ? [...interval] : []));
  if (ends.length === 0) return [-0.1, 0.1];
  const low = Math.max(Math.min(0, ...ends), -widest);
  const high = Math.min(Math.max(0, ...ends), widest);
  // Room on both sides of zero: a lift looks like one only beside what would be none.
  const air = Math.max((high - low) * 0.12, 0.005);
  return [low - air, high + air];
}

/** Round marks within a range, at least so many, zero among them if it is inside. */
export function ticksWithin([low, high]: readonly [number, number], least = 4): number[] {
  if (!(high > low)) return [];
  const largest = 10 ** Math.ceil(Math.log10(high - low));
  const steps = [0, 1, 2].flatMap((below) => [10, 5, 2.5, 2].map((factor) => (factor * largest) / 10 ** (below + 1)));
  const within = (step: number) => {
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => round((first + index) * step));
  };
  return steps.map(within).find((ticks) => ticks.length >= least) ?? [];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What is written below buckets of time, at some of them: dates where days begin, times otherwise. */
export function timeLabels(buckets: readonly number[], timeZone: string, most: number): { index: number; label: string; day: boolean }[] {
  const first = buckets[0];
  const last = buckets.at(-1);
  if (first === undefined || last === undefined) return [];
  const range = last - first;
  const date = new Intl.DateTimeFormat("en", { timeZone, month: "short", day: "numeric" });
  const time = new Intl.DateTimeFormat("en", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const isDayStart = (at: number) => time.format(at) === "00:00";
  if (range > 2 * DAY) {
    const starts = buckets.flatMap((at, index) => (isDayStart(at) ? [index] : []));
    const known = starts.length > 0 ? starts : buckets.map((_, index) => index);
    return thin(known, most).map((index) => ({ index, label: date.format(buckets[index]), day: true }));
  }
  const steps = [60_000, 300_000, 900_000, HOUR / 2, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];
  const step = steps.find((candidate) => range / candidate <= most) ?? DAY;
  const round = buckets.flatMap((at, index) => (minutesOfDay(time.format(at)) % (step / 60_000) === 0 ? [index] : []));
  return thin(round.length > 0 ? round : buckets.map((_, index) => index), most).map((index) => {
    const at = buckets[index] ?? 0;
    return isDayStart(at) ? { index, label: date.format(at), day: true } : { index, label: time.format(at), day: false };
  });
}

const minutesOfDay = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Every n-th of them, so that there are not too many. */
function thin(indices: number[], most: number): number[] {
  const every = Math.max(1, Math.ceil(indices.length / Math.max(1, most)));
  return indices.filter((_, position) => position % every === 0);
}

/** A bucket in words, as precise as it is long. */
export function bucketLabel(at: number, end: number, timeZone: string): string {
  const length = end - at;
  if (length >= DAY) return new Intl.DateTimeFormat("en", { timeZone, weekday: "short", month: "short", day: "numeric", year: "numeric" }).format(at);
  return new Intl.DateTimeFormat("en", { timeZone, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** 1, 2 and 5 times powers of ten within a range; only the powers, if there would be too many. */
export function logTicks(low: number, high: number, most: number): number[] {
  const powers = Array.from({ length: 16 }, (_, power) => 10 ** (power - 3));
  const all = (factors: number[]) => powers.flatMap((power) => factors.map((factor) => round(factor * power))).filter((tick) => tick >= low && tick <= high);
  return [[1, 2, 5], [1, 3], [1]].map(all).find((ticks) => ticks.length <= most) ?? all([1]);
}
