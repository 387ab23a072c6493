/** Values over time: where lines break, what is unfinished, what stands on what. */

export interface Point {
  at: number;
  value: number;
  /** Time is still going on in it: the value will grow or change. */
  unfinished: boolean;
}

export interface Series {
  name: string;
  /** One for each bucket; null where there is nothing. */
  values: (number | null)[];
}

export interface Timeline {
  /** Beginnings of buckets, in milliseconds since 1970. */
  buckets: number[];
  /** Where the last bucket ends. */
  end: number;
  /** The first bucket that is not over; `buckets.length` if all are. */
  unfinishedFrom: number;
}

/** Where buckets begin, and how far they are over. */
export function timeline(starts: readonly string[], to: string, now: number): Timeline {
  const buckets = starts.map((start) => Date.parse(start));
  const last = buckets.at(-1) ?? Date.parse(to);
  const step = buckets.length > 1 ? last - (buckets.at(-2) ?? last) : 0;
  const end = Math.max(Date.parse(to), last + step);
  const over = buckets.findIndex((_, index) => (buckets[index + 1] ?? last + step) > now);
  return { buckets, end, unfinishedFrom: over === -1 ? buckets.length : over };
}

/** A value for each bucket, from points that name theirs. */
export function byBucket<P extends { bucket: string }>(starts: readonly string[], points: readonly P[], value: (point: P) => number | null | undefined): (number | null)[] {
  const found = new Map(points.map((point) => [point.bucket, value(point) ?? null]));
  return starts.map((start) => found.get(start) ?? null);
}

export interface Runs {
  /** What is drawn as it is. A run of one point is a dot. */
  solid: { index: number; value: number }[][];
  /** From the last finished point into what is unfinished: dotted. */
  dotted: { index: number; value: number }[][];
}

/** Pieces of a line: a gap in the data is a gap in the line, and the unfinished end stands apart. */
export function runs(values: readonly (number | null)[], unfinishedFrom: number): Runs {
  const result: Runs = { solid: [], dotted: [] };
  let run: { index: number; value: number }[] = [];
  let tail: { index: number; value: number }[] = [];
  const flush = () => {
    if (run.length > 0) result.solid.push(run);
    run = [];
  };
  values.forEach((value, index) => {
    if (value === null) return flush();
    if (index < unfinishedFrom) return void run.push({ index, value });
    const before = run.at(-1);
    if (tail.length === 0 && before && before.index === index - 1) tail.push(before);
    tail.push({ index, value });
    return undefined;
  });
  flush();
  if (tail.length > 0) result.dotted.push(tail);
  return result;
}

export interface Piece {
  series: number;
  from: number;
  to: number;
}

/** Columns whose pieces stand on each other, one for each bucket. */
export function stack(series: readonly Series[], buckets: number): Piece[][] {
  return Array.from({ length: buckets }, (_, index) => {
    let base = 0;
    return series.flatMap(({ values }, number) => {
      const value = values[index] ?? 0;
      if (value <= 0) return [];
      const from = base;
      base += value;
      return [{ series: number, from, to: base }];
    });
  });
}
