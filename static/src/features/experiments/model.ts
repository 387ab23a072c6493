/** What the API says of experiments and canaries, where its description is wider than what it says. */
import type * as api from "@/api/types";

export type { AssignmentExplained as Assignment, CanarySummary, CanaryStep, ExperimentSummary, GuardrailInput as Guardrail, GuardrailOutcome, MainSwitch, MainSwitchState } from "@/api/types";

export type Metric = api.GuardrailInput["metric"];
export type ExperimentStatus = api.ExperimentSummary["status"];
export type CanaryStatus = api.CanarySummary["state"];
export type Strategy = api.ExperimentSummary["allocation_strategy"];
export type AllocationPeriod = api.ExperimentResults["allocation_periods"][number];

export const METRICS: readonly Metric[] = ["approval", "user_rating", "latency_ms", "cost_usd", "error_rate"];

/** What the API allows to leave out when asking is always there in its answers. */
export type Step = Required<api.CanaryStep>;

export type Transition = api.ExperimentTransition;
export type Experiment = api.Experiment;
export type WatchedCanary = Omit<api.CanaryWatched, "steps"> & { steps: Step[] };

export type Interval = [low: number, high: number];

type WithIntervals<Result> = Omit<Result, "interval" | "relative_interval"> & { interval: Interval | null; relative_interval: Interval | null };

/** A variant in one metric. */
export type MetricResult = WithIntervals<api.MetricOfVariant>;
/** A variant in the primary metric, with who met it. */
export type ArmResult = WithIntervals<api.VariantResult>;

type Told = "experiment_id" | "status" | "primary_metric" | "min_samples" | "allocation_periods" | "in_two_arms" | "guardrails" | "verdict" | "verdict_variant" | "alpha";

export type Results = Pick<api.ExperimentResults, Told> & {
  variants: ArmResult[];
  metrics: Partial<Record<Metric, MetricResult[]>>;
  /** What is infinite, because nobody should be where somebody is, is null in JSON. */
  srm: Omit<api.SampleRatio, "periods" | "chi_squared"> & { chi_squared: number | null };
};
