/** The API's numbers as charts and tables take them. */
import { byBucket, type Series, type Timeline, timeline } from "@/charts/prepare/series";
import type { ChartTable } from "@/charts/prepare/table";
import type { CostRow, Group, Measures, TimePoint, Timeseries } from "./model";

/** What a group is called. */
export function groupName(group: Group | null): string {
  if (!group) return "All";
  const version = group.version_number === undefined ? "" : `v${group.version_number}`;
  if (group.version_id) return [group.prompt_name, version].filter(Boolean).join(" · ") || group.version_id;
  if (group.variant) return group.variant;
  return group.team_name ?? group.prompt_name ?? group.key ?? "not given";
}

/** Time runs on between two answers: what was over stays over. */
export const timelineOf = (data: Timeseries, now: number): Timeline => timeline(data.buckets, data.to, now);

type Measure = (point: TimePoint) => number | null | undefined;

/** One series for each group, and what all other groups have together, so that columns are as high as the truth. */
export function usageSeries(grouped: Timeseries, all: Timeseries | undefined, limit: number, measure: Measure): { series: Series[]; note: string | undefined } {
  const named = grouped.series.map(({ group, points }) => ({ name: groupName(group), values: byBucket(grouped.buckets, points, measure) }));
  const shown = grouped.groups > limit ? named.slice(0, limit - 1) : named.slice(0, limit);
  if (grouped.groups <= shown.length) return { series: distinct(shown), note: undefined };
  const note = `Top ${shown.length} of ${grouped.groups}`;
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

/** How a figure changed against the period before. */
export function changeOf(change: number | null | undefined, welcome: "up" | "down" | "either"): Change | null {
  if (change === null || change === undefined) return null;
  const rounded = Math.round(change * 1000) / 10;
  if (rounded === 0) return { text: "unchanged", good: null, direction: "none" };
  const digits = Math.abs(rounded) < 10 ? 1 : 0;
  const direction = rounded > 0 ? "up" : "down";
  return { text: `${rounded > 0 ? "+" : "−"}${Math.abs(rounded).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })} %`, good: welcome === "either" ? null : welcome === direction, direction };
}

export const p50 = ({ latency_ms: latency }: Measures): number | null => latency?.p50 ?? null;

/** The dearest, and what the others cost together. */
export function dearest(rows: readonly CostRow[], limit: number, total: number): { shown: CostRow[]; note: string | undefined } {
  const shown = rows.slice(0, limit);
  return { shown, note: total > shown.length ? `Top ${shown.length} of ${total}` : undefined };
}
