/** The API's numbers as charts and tables take them. */
import { byBucket, type Series, type Timeline, timeline } from "@/charts/prepare/series";
import type { ChartTable } from "@/charts/prepare/table";
import { shortCount } from "@/lib/format";
import type { Group, Measures, TimePoint, Timeseries } from "./model";

/** What a group is called; `single` where all are of one prompt. */
export function groupName(group: Group | null, single = false): string {
  if (!group) return "All";
  const version = group.version_number === undefined ? "" : `v${group.version_number}`;
  if (group.version_id) return [single ? "" : group.prompt_name, version].filter(Boolean).join(" · ") || group.version_id;
  if (group.variant) return group.variant;
  return group.team_name ?? group.prompt_name ?? group.key ?? "not given";
}

/** Time runs on between two answers: what was over stays over. */
export const timelineOf = (data: Timeseries, now: number): Timeline => timeline(data.buckets, data.to, now);

type Measure = (point: TimePoint) => number | null | undefined;

/** As many groups as the API shows over time. */
const API_GROUPS = 10;

/** One series for each group, and what all other groups have together, so that columns are as high as the truth. */
export function usageSeries(grouped: Timeseries, all: Timeseries | undefined, limit: number, measure: Measure, single = false): { series: Series[]; note: string | undefined } {
  const sum = ({ values }: Series) => values.reduce<number>((all, value) => all + (value ?? 0), 0);
  const named = grouped.series
    .map(({ group, points }) => ({ name: groupName(group, single), values: byBucket(grouped.buckets, points, measure) }))
    // Of groups that were only rated nothing is drawn.
    .filter((each) => sum(each) > 0)
    .toSorted((one, other) => sum(other) - sum(one));
  const groups = grouped.series.length < API_GROUPS ? named.length : grouped.groups;
  const shown = groups > limit ? named.slice(0, limit - 1) : named;
  if (groups <= shown.length) return { series: distinct(shown), note: undefined };
  const note = `Top ${shown.length} of ${groups}`;
  const total = all?.series[0];
  if (!total || !all || all.buckets.length !== grouped.buckets.length) return { series: distinct(shown), note };
  const whole = byBucket(all.buckets, total.points, measure);
  const rest = whole.map((value, index) => (value === null ? null : Math.max(0, value - shown.reduce((sum, { values }) => sum + (values[index] ?? 0), 0))));
  return { series: distinct([...shown, { name: "All others", values: rest }]), note };
}

/** Two groups may have one name: a prompt may be called like another one that is gone. */
function distinct(series: Series[]): Series[] {
  return series.map((each, index) => ({ ...each, name: series.findIndex(({ name }) => name === each.name) < index ? `${each.name} (${index + 1})` : each.name }));
}

/** Several measures of all traffic over time. */
export function measureSeries(data: Timeseries, measures: Record<string, Measure>): Series[] {
  const points = data.series[0]?.points ?? [];
  return Object.entries(measures).map(([name, measure]) => ({ name, values: byBucket(data.buckets, points, measure) }));
}

/** Series as a table: a row for each bucket that has something. */
export function seriesTable(buckets: readonly string[], series: readonly Series[], format: (value: number) => string, label: (bucket: string) => string): ChartTable {
  return {
    columns: [{ title: "Time" }, ...series.map(({ name }) => ({ title: name, numeric: true, format }))],
    rows: buckets.flatMap((bucket, index) => {
      const values = series.map(({ values: all }) => all[index] ?? null);
      return values.some((value) => value !== null) ? [[label(bucket), ...values]] : [];
    }),
  };
}

export interface Change {
  /** "+12 %" */
  text: string;
  /** Whether that is welcome; null if it is neither. */
  good: boolean | null;
  direction: "up" | "down" | "none";
}

/** What a comparison needs of the period before: fewer than so many, or than this part of what there is now, is noise. */
const ENOUGH = { count: 20, share: 0.02 };

/** Whether the period before holds enough to be compared with. */
export const isComparable = (now: number, before: number): boolean => before >= ENOUGH.count && before >= now * ENOUGH.share;

/** How a figure changed against the period before. */
export function changeOf(change: number | null | undefined, welcome: "up" | "down" | "either"): Change | null {
  if (change === null || change === undefined) return null;
  // Beyond that a percentage says less than a factor.
  if (change >= 9.95) return { text: `× ${shortCount(Math.round(change + 1))}`, good: welcome === "either" ? null : welcome === "up", direction: "up" };
  const rounded = Math.round(change * 1000) / 10;
  if (rounded === 0) return { text: "unchanged", good: null, direction: "none" };
  const digits = Math.abs(rounded) < 10 ? 1 : 0;
  const direction = rounded > 0 ? "up" : "down";
  return { text: `${rounded > 0 ? "+" : "−"}${Math.abs(rounded).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })} %`, good: welcome === "either" ? null : welcome === direction, direction };
}

export const p50 = ({ latency_ms: latency }: Measures): number | null => latency?.p50 ?? null;

/** Rows by a value of theirs; those without one are always last. */
export function sortedBy<Row>(rows: readonly Row[], valueOf: (row: Row) => string | number | null, order: "asc" | "desc"): Row[] {
  const sign = order === "asc" ? 1 : -1;
  return rows.toSorted((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  });
}

/** As many groups as the API adds up. */
const API_ROWS = 100;

/** The first of them, and how many there are, if the API has cut them off. */
export function first<Row>(rows: readonly Row[], limit: number, total: number): { shown: Row[]; note: string | undefined } {
  const shown = rows.slice(0, limit);
  const all = rows.length < API_ROWS ? rows.length : Math.max(rows.length, total);
  return { shown, note: all > shown.length ? `Top ${shown.length} of ${all}` : undefined };
}

/** A coarser interval than the API would choose, for what happens seldom: few ratings make no rate. */
export function coarse(from: string, to: string): string {
  const hours = (Date.parse(to) - Date.parse(from)) / 3_600_000;
  if (hours <= 2) return "5m";
  return hours <= 50 ? "1h" : "1d";
}
