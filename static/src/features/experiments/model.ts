/** What the API says of experiments and canaries. */
import type { Environment, Timestamp } from "@/api/types";

export type ExperimentStatus = "active" | "paused" | "killed" | "stopped";
export type CanaryStatus = "running" | "paused" | "completed" | "rolled_back";
export type Strategy = "fixed_split" | "thompson_sampling";
export type Metric = "approval" | "user_rating" | "latency_ms" | "cost_usd" | "error_rate";

export const METRICS: readonly Metric[] = ["approval", "user_rating", "latency_ms", "cost_usd", "error_rate"];

export interface Arm {
  name: string;
  version_id: string | null;
  version_number: number | null;
  /** In whatever unit it was given. */
  traffic_weight: number;
  /** Its share of the units that take part. */
  weight: number;
}

export interface Guardrail {
  metric: Metric;
  max_relative_regression: number;
}

/** A change in the life of an experiment or canary. */
export interface Transition {
  action: string;
  status: ExperimentStatus | CanaryStatus;
  step: number | null;
  reason: string | null;
  numbers: Record<string, unknown> | null;
  revision: number;
  at: Timestamp;
  /** Null is the schedule. */
  user_id: string | null;
}

interface Trial {
  id: string;
  prompt_id: string;
  prompt_name: string;
  environment: Environment;
  name: string;
  guardrails: Guardrail[];
  period: number;
  reason: string | null;
  /** The team's main switch has everything at control. */
  all_killed: boolean;
  revision: number;
  history: Transition[];
  created_at: Timestamp;
  created_by: string;
  updated_at: Timestamp;
  ended_at: Timestamp | null;
}

export interface Experiment extends Trial {
  status: ExperimentStatus;
  allocation_strategy: Strategy;
  /** The share of all units that take part. */
  coverage: number;
  variants: Arm[];
  primary_metric: Metric | null;
  min_samples: number;
  /** User id to the name of an arm. */
  forced: Record<string, string>;
  period_started_at: Timestamp;
  winner_version_id: string | null;
}

export interface Step {
  percent: number;
  min_samples: number;
  min_minutes: number;
}

export interface Canary extends Trial {
  state: CanaryStatus;
  version_id: string | null;
  version_number: number | null;
  control_version_id: string | null;
  /** From 0. */
  step: number;
  percent: number;
  steps: Step[];
  step_started_at: Timestamp;
}

export interface GuardrailOutcome {
  metric: Metric;
  variant: string;
  max_relative_regression: number;
  mean: number | null;
  control_mean: number | null;
  samples: number;
  /** Relative to the control, positive when worse. */
  regression: number | null;
  excess_at_least: number | null;
  failed: boolean;
}

export interface SampleRatio {
  chi_squared: number;
  /** 0 while there is nothing to test. */
  degrees_of_freedom: number;
  p_value: number;
  alert: boolean;
}

/** A canary with what is known of it. */
export interface WatchedCanary extends Canary {
  waiting_for: { samples: number; min_samples: number; remaining_ms: number; paused: boolean } | null;
  exposures: { variant: string; exposures: number }[];
  guardrail_outcomes: GuardrailOutcome[];
  srm: SampleRatio;
  share_in_two_arms: number;
}

type Interval = [low: number, high: number];

/** An arm in one metric. */
export interface MetricResult {
  variant: string;
  /** Users with a value. */
  samples: number;
  mean: number | null;
  interval: Interval | null;
  /** Relative to the control; null for the control itself. */
  relative_lift: number | null;
  relative_interval: Interval | null;
  probability_best: number | null;
}

export interface ArmResult extends MetricResult {
  name: string;
  version_id: string | null;
  version_number: number | null;
  weight: number;
  exposures: number;
  in_two_arms: number;
}

export interface AllocationPeriod {
  period: number;
  /** Basis points by arm. */
  weights: number[];
  coverage: number;
  reason: string | null;
  started_at: Timestamp;
}

export type Verdict = "not_enough_data" | "no_difference" | "winner" | "loser" | "guardrail_failed";

export interface Results {
  experiment_id: string;
  status: ExperimentStatus;
  primary_metric: Metric | null;
  min_samples: number;
  allocation_periods: AllocationPeriod[];
  variants: ArmResult[];
  metrics: Partial<Record<Metric, MetricResult[]>>;
  srm: SampleRatio;
  in_two_arms: { units: number; share: number; alert: boolean };
  guardrails: GuardrailOutcome[];
  verdict: Verdict;
  verdict_variant: string | null;
  alpha: number;
}

/** Who gets what, and why. */
export interface Assignment {
  user_id: string;
  variant: string | null;
  version_id: string | null;
  assignment: "pointer" | "killed" | "forced" | "control" | "experiment";
  why: string;
  bucket: number | null;
  coverage: number;
  included: boolean;
  scores: { variant: string; weight: number; score: number | null }[];
}
