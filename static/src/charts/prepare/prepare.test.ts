import { expect, test } from "vitest";
import { bucketLabel, intervalDomain, logScale, niceScale, placeOn, ticksWithin, timeLabels } from "./axis";
import { byBucket, runs, stack, timeline } from "./series";
import { csv, display } from "./table";

const HOUR = 3_600_000;
const hours = (count: number, from = "2026-11-21T00:00:00.000Z") => Array.from({ length: count }, (_, hour) => new Date(Date.parse(from) + hour * HOUR).toISOString());

test("a gap in the data is a gap in the line, and the unfinished end stands apart", () => {
  expect(runs([1, 2, null, 4, null, 6, 7], 6)).toEqual({
    solid: [
      [
        { index: 0, value: 1 },
        { index: 1, value: 2 },
      ],
      [{ index: 3, value: 4 }],
      [{ index: 5, value: 6 }],
    ],
    dotted: [
      [
        { index: 5, value: 6 },
        { index: 6, value: 7 },
      ],
    ],
  });
});

test("an unfinished bucket after a gap is on its own", () => {
  expect(runs([1, null, 3], 2).dotted).toEqual([[{ index: 2, value: 3 }]]);
  expect(runs([1, null, null], 2).dotted).toEqual([]);
  expect(runs([], 0)).toEqual({ solid: [], dotted: [] });
});

test("a bucket is over when the next one has begun", () => {
  const starts = hours(3);
  const at = (time: string) => timeline(starts, "2026-11-21T03:00:00.000Z", Date.parse(time)).unfinishedFrom;
  expect(at("2026-11-21T02:30:00Z")).toBe(2);
  expect(at("2026-11-21T03:00:00Z")).toBe(3);
  expect(at("2026-11-22T00:00:00Z")).toBe(3);
  expect(timeline([], "2026-11-21T03:00:00.000Z", 0)).toMatchObject({ buckets: [], unfinishedFrom: 0 });
});

test("values find their buckets", () => {
  const starts = hours(3);
  const points = [{ bucket: starts[2] ?? "", value: 5 }, { bucket: starts[0] ?? "", value: 0 }];
  expect(byBucket(starts, points, ({ value }) => value)).toEqual([0, null, 5]);
});

test("columns stand on each other", () => {
  const series = [
    { name: "a", values: [1, null] },
    { name: "b", values: [2, 3] },
  ];
  expect(stack(series, 2)).toEqual([
    [
      { series: 0, from: 0, to: 1 },
      { series: 1, from: 1, to: 3 },
    ],
    [{ series: 1, from: 0, to: 3 }],
  ]);
});

test("scales end at round numbers", () => {
  expect(niceScale(0)).toEqual({ top: 1, ticks: [0, 1] });
  expect(niceScale(7)).toEqual({ top: 8, ticks: [0, 2, 4, 6, 8] });
  expect(niceScale(0.3).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  expect(niceScale(1000).top).toBe(1000);
  for (const largest of [0.00012, 3, 11, 99, 101, 12_345]) expect(niceScale(largest).top).toBeGreaterThanOrEqual(largest);
});

test("zero is on every axis of intervals", () => {
  const [low, high] = intervalDomain([[0.1, 0.3], null]);
  expect(low).toBeLessThan(0);
  expect(high).toBeGreaterThan(0.3);
  expect(intervalDomain([])).toEqual([-0.1, 0.1]);
  expect(intervalDomain([[-40, 90]])[1]).toBeLessThan(3);
  expect(ticksWithin([-0.12, 0.31])).toEqual([-0.1, 0, 0.1, 0.2, 0.3]);
  expect(ticksWithin([-1.12, 0.12])).toEqual([-1, -0.75, -0.5, -0.25, 0]);
  expect(ticksWithin([-0.005, 0.005])).toHaveLength(5);
  for (let high = 0.01; high < 5; high *= 1.1) {
    const ticks = ticksWithin([-high / 3, high]);
    expect(ticks).toContain(0);
    expect(ticks.length).toBeGreaterThanOrEqual(4);
    expect(ticks.length).toBeLessThanOrEqual(9);
  }
});

test("days begin where the reader's do", () => {
  const buckets = hours(24 * 4).map((at) => Date.parse(at));
  const berlin = timeLabels(buckets, "Europe/Berlin", 10);
  expect(berlin.map(({ label }) => label)).toEqual(["Nov 22", "Nov 23", "Nov 24", "Nov 25"]);
  expect(berlin[0]?.index).toBe(23);
  expect(timeLabels(buckets, "UTC", 2).map(({ label }) => label)).toEqual(["Nov 21", "Nov 23"]);
  expect(timeLabels(buckets.slice(0, 13), "UTC", 5).map(({ label }) => label)).toEqual(["Nov 21", "03:00", "06:00", "09:00", "12:00"]);
  expect(timeLabels([], "UTC", 5)).toEqual([]);
});

test("a bucket says how long it is", () => {
  const at = Date.parse("2026-11-21T09:00:00Z");
  expect(bucketLabel(at, at + HOUR, "UTC")).toBe("Nov 21, 09:00");
  expect(bucketLabel(at, at + 24 * HOUR, "UTC")).toBe("Sat, Nov 21, 2026");
});

test("CSV is RFC 4180 and runs no formulas", () => {
  const table = { columns: [{ title: "name" }, { title: "cost", numeric: true, format: (value: number) => `$${value}` }], rows: [['a "b", c', 1.5], ["=SUM(A1)", -2], ["-x", null]] };
  expect(csv(table)).toBe('name,cost\r\n"a ""b"", c",1.5\r\n\'=SUM(A1),-2\r\n\'-x,\r\n');
  expect(table.rows.map((row) => display(table, row, 1))).toEqual(["$1.5", "$-2", "–"]);
});

test("a logarithmic axis leaves room for small values beside a large one", () => {
  const scale = logScale([120, 900, 0, 60_000]);
  expect(scale).toEqual({ low: 100, top: 100_000, ticks: [100, 1000, 10_000, 100_000] });
  expect([100, 100_000, 0].map((value) => placeOn(scale, value))).toEqual([0, 1, 0]);
  expect(placeOn(scale, 1_000)).toBeCloseTo(1 / 3);
  expect(logScale([5]).top).toBe(10);
  expect(logScale([0])).toEqual({ top: 1, ticks: [0, 1] });
  expect(placeOn({ top: 8, ticks: [] }, 2)).toBe(0.25);
});
