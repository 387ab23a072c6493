/** What the API says in analytics. */
import type { Environment, Timestamp } from "@/api/types";

/** Milliseconds. */
export interface Spread {
  count: number;
  mean: number | null;
  p50: number;
  p95: number;
  p99: number;
}

/** The numbers of a period, a bucket or a group. */
export interface Measures {
  requests: number;
  errors: number;
  cancelled: number;
  error_rate: number | null;
  tokens_in: number;
  tokens_out: number;
  cached_tokens_in: number;
  cost_usd: number;
  /** Requests whose price is not known: they count as nothing. */
  unpriced_requests: number;
  latency_ms: Spread | null;
  ttft_ms: Spread | null;
  approval: { count: number; rate: number | null };
  rating: { count: number; mean: number | null };
}

export interface Overview extends Measures {
  from: Timestamp;
  to: Timestamp;
  previous: Measures & { from: Timestamp; to: Timestamp };
  /** By what share figures changed; null where there was nothing. */
  change: Record<string, number | null>;
}

/** What a group is called: by ids, and by the names that go with them. */
export interface Group {
  key?: string;
  team_id?: string;
  team_name?: string;
  prompt_id?: string;
  prompt_name?: string;
  version_id?: string;
  version_number?: number;
  environment?: Environment;
  experiment_id?: string;
  variant?: string;
  model?: string;
  source?: string;
  status?: string;
}

export type TimePoint = Measures & { bucket: Timestamp; unfinished: boolean };

export interface Timeseries {
  from: Timestamp;
  to: Timestamp;
  interval: string;
  buckets: Timestamp[];
  groups: number;
  series: { group: Group | null; points: TimePoint[] }[];
}

export interface Latency {
  latency_ms: Spread | null;
  ttft_ms: Spread | null;
  histogram: { from_ms: number; to_ms: number; count: number }[];
}

export interface CostRow {
  group: Group;
  cost_usd: number;
  share: number | null;
  cost_per_request_usd: number | null;
  unpriced_requests: number;
  requests: number;
  tokens_in: number;
  tokens_out: number;
}

export interface Costs {
  cost_usd: number;
  unpriced_requests: number;
  requests: number;
  groups_total: number;
  groups: CostRow[];
}

export interface Versions {
  versions_total: number;
  versions: (Group & Measures)[];
}

export interface VariantRatings {
  experiment_id: string | null;
  variant: string | null;
  count: number;
  positive: number;
  negative: number;
  approval: number | null;
  approval_interval: [number, number] | null;
  star_count: number;
  average_stars: number | null;
}

export interface FeedbackStatistics {
  count: number;
  by_variant: VariantRatings[];
}
