/** What the API says in analytics, where its description is wider than what it says. */
import type * as api from "@/api/types";

/** Milliseconds. */
export type Spread = Required<NonNullable<api.Distribution>>;

interface Exact {
  latency_ms: Spread | null;
  ttft_ms: Spread | null;
  approval: { count: number; rate: number | null };
  rating: { count: number; mean: number | null };
}

type Measured<Answer> = Omit<Answer, keyof Exact> & Exact;

/** The numbers of a period, a bucket or a group. */
export type Measures = Omit<Measured<api.AnalyticsPeriod>, "from" | "to">;
export type TimePoint = Measured<api.AnalyticsPoint>;
export type Overview = Omit<Measured<api.AnalyticsOverview>, "previous"> & { previous: Measured<api.AnalyticsPeriod> };

/** What a group is called: by ids, and by the names that go with them. */
export type Group = api.AnalyticsGroup;

export type Timeseries = Omit<api.AnalyticsTimeseries, "series" | "time_zone" | "group_by"> & { series: { group: Group | null; points: TimePoint[] }[] };
export type Latency = Omit<api.AnalyticsLatency, "latency_ms" | "ttft_ms"> & Pick<Exact, "latency_ms" | "ttft_ms">;
export type Costs = api.AnalyticsCosts;
export type Versions = Omit<api.AnalyticsVersions, "versions"> & { versions: (Group & Measures)[] };
export type VariantRatings = Omit<api.RatingsOfVariant, "approval_interval"> & { approval_interval: [low: number, high: number] | null };
export type FeedbackStatistics = Omit<api.FeedbackStatistics, "by_variant"> & { by_variant: VariantRatings[] };
