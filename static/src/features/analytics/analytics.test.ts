import { expect, test } from "vitest";
import { changeOf, coarse, first, groupName, isComparable, measureSeries, seriesTable, sortedBy, usageSeries } from "./figures";
import type { Measures, Timeseries } from "./model";
import { instant, localTime, PRESETS, RANGE_DEFAULTS, spanOf } from "./range";

const NOW = Date.parse("2026-11-21T09:30:00Z");
const buckets = ["2026-11-21T08:00:00.000Z", "2026-11-21T09:00:00.000Z"];

const measures = (requests: number): Measures => ({
  requests,
  errors: 0,
  cancelled: 0,
  error_rate: null,
  tokens_in: 0,
  tokens_out: 0,
  cached_tokens_in: 0,
  cost_usd: 0,
  unpriced_requests: 0,
  latency_ms: null,
  ttft_ms: null,
  approval: { count: 0, rate: null },
  rating: { count: 0, mean: null },
});

function timeseries(groups: number, series: Record<string, (number | null)[]>): Timeseries {
  const points = (values: (number | null)[]) => values.flatMap((value, index) => (value === null ? [] : [{ bucket: buckets[index] ?? "", unfinished: false, ...measures(value) }]));
  return {
    from: buckets[0] ?? "",
    to: "2026-11-21T10:00:00.000Z",
    interval: "1h",
    buckets,
    groups,
    series: Object.entries(series).map(([name, values]) => ({ group: name === "" ? null : { key: name, model: name }, points: points(values) })),
  };
}

test("what is not shown is one series, so that columns are as high as the truth", () => {
  const grouped = timeseries(40, Object.fromEntries("abcdefghij".split("").map((name, index) => [name, [20 - index, index === 1 ? null : 1]])));
  const all = timeseries(1, { "": [200, 12] });
  expect(usageSeries(grouped, all, 3, ({ requests }) => requests)).toEqual({
    series: [
      { name: "a", values: [20, 1] },
      { name: "b", values: [19, null] },
      { name: "All others", values: [161, 11] },
    ],
    note: "Top 2 of 40",
  });
});

test("when everything is shown nothing is said of a rest", () => {
  const result = usageSeries(timeseries(4, { a: [5, 5], b: [3, null] }), undefined, 3, ({ requests }) => requests);
  expect(result.note).toBeUndefined();
  expect(result.series.map(({ name }) => name)).toEqual(["a", "b"]);
});

test("groups have names that people know", () => {
  expect(groupName({ key: "ver_1", version_id: "ver_1", version_number: 3, prompt_name: "support/reply" })).toBe("support/reply · v3");
  expect(groupName({ key: "prm_1", prompt_id: "prm_1", prompt_name: "a" })).toBe("a");
  expect(groupName({ key: "exp_1/control", experiment_id: "exp_1", variant: "control" })).toBe("control");
  expect(groupName({})).toBe("not given");
  expect(groupName({ version_id: "ver_1", version_number: 3, prompt_name: "a" }, true)).toBe("v3");
});

test("tables leave out what has nothing", () => {
  const series = measureSeries(timeseries(1, { "": [null, 7] }), { Requests: ({ requests }) => requests });
  expect(series).toEqual([{ name: "Requests", values: [null, 7] }]);
  expect(seriesTable(buckets, series, String, (bucket) => bucket.slice(11, 16)).rows).toEqual([["09:00", 7]]);
});

test("a change is welcome or not", () => {
  expect(changeOf(0.123, "up")).toEqual({ text: "+12 %", good: true, direction: "up" });
  expect(changeOf(0.05, "down")).toEqual({ text: "+5.0 %", good: false, direction: "up" });
  expect(changeOf(-0.5, "either")).toEqual({ text: "−50 %", good: null, direction: "down" });
  expect(changeOf(12.5, "up")?.text).toBe("× 14");
  expect(changeOf(0.0001, "up")).toEqual({ text: "unchanged", good: null, direction: "none" });
  expect(changeOf(null, "up")).toBeNull();
});

test("what happens seldom is shown in longer buckets", () => {
  const from = "2026-11-14T00:00:00.000Z";
  expect(["2026-11-14T01:00:00.000Z", "2026-11-15T00:00:00.000Z", "2026-11-21T00:00:00.000Z"].map((to) => coarse(from, to))).toEqual(["5m", "1h", "1d"]);
  expect(first([1, 2, 3], 2, 9)).toEqual({ shown: [1, 2], note: "Top 2 of 3" });
});

test("presets end now", () => {
  for (const { value, ms } of PRESETS) {
    const span = spanOf({ ...RANGE_DEFAULTS, range: value }, NOW);
    expect(Date.parse(span?.to ?? "") - Date.parse(span?.from ?? "")).toBe(ms);
  }
  expect(spanOf({ ...RANGE_DEFAULTS, range: "nonsense" }, NOW)?.from).toBe("2026-11-14T09:30:00.000Z");
});

test("a range of one's own is in the chosen zone", () => {
  const own = { range: "custom", from: "2026-11-20T00:00", to: "2026-11-21T00:00", zone: "Europe/Berlin" };
  expect(spanOf(own, NOW)).toEqual({ from: "2026-11-19T23:00:00.000Z", to: "2026-11-20T23:00:00.000Z" });
  expect(spanOf({ ...own, to: "2026-11-19T00:00" }, NOW)).toBeNull();
  expect(spanOf({ ...own, to: "" }, NOW)).toBeNull();
});

test("clocks that change", () => {
  expect(instant("2026-03-29T12:00", "Europe/Berlin")).toBe(Date.parse("2026-03-29T10:00:00Z"));
  expect(instant("2026-03-29T00:30", "Europe/Berlin")).toBe(Date.parse("2026-03-28T23:30:00Z"));
  expect(instant("soon", "UTC")).toBeNull();
  expect(localTime(Date.parse("2026-07-01T12:00:00Z"), "Asia/Kolkata")).toBe("2026-07-01T17:30");
});

test("a period with hardly anything in it is nothing to compare with", () => {
  expect([[1_000, 0], [1_000, 19], [10_000, 150], [10_000, 200], [0, 20]].map(([now, before]) => isComparable(now ?? 0, before ?? 0))).toEqual([false, false, false, true, true]);
});

test("rows are sorted by what they have, and those that have nothing are last", () => {
  const rows = [{ p95: 20 }, { p95: null }, { p95: 3 }];
  const by = (order: "asc" | "desc") => sortedBy(rows, ({ p95 }) => p95, order).map(({ p95 }) => p95);
  expect([by("asc"), by("desc")]).toEqual([[3, 20, null], [20, 3, null]]);
  expect(sortedBy(["v10", "v9"], (name) => name, "asc")).toEqual(["v9", "v10"]);
});
