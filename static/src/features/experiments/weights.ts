import type { WeightPeriod } from "@/charts/visualise/weight-steps";
import type { AllocationPeriod } from "./model";

/** Each period from its beginning to the next one's, with shares that add up to 1. */
export function weightPeriods(periods: readonly AllocationPeriod[], end: number): WeightPeriod[] {
  return periods.map(({ weights, started_at }, index) => {
    const from = Date.parse(started_at);
    const next = periods[index + 1];
    const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
    return { from, to: next ? Date.parse(next.started_at) : Math.max(end, from + 1), weights: weights.map((weight) => weight / total) };
  });
}
