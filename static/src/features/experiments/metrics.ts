/** Metrics as people read them. */
import { count, duration, percent, usd } from "@/lib/format";
import type { Metric } from "./model";

interface Described {
  name: string;
  higherIsBetter: boolean;
  /** A value of it. */
  format: (value: number) => string;
  /** Where its values come from. */
  from: string;
}

const DESCRIBED: Record<Metric, Described> = {
  approval: { name: "Approval", higherIsBetter: true, format: (value) => percent(value), from: "thumbs up or down" },
  user_rating: { name: "Rating", higherIsBetter: true, format: (value) => `${value.toFixed(2)} ★`, from: "stars from 1 to 5" },
  latency_ms: { name: "Latency", higherIsBetter: false, format: duration, from: "every answer" },
  cost_usd: { name: "Cost", higherIsBetter: false, format: usd, from: "every answer of a model with a known price" },
  error_rate: { name: "Error rate", higherIsBetter: false, format: (value) => percent(value, 2), from: "every answer" },
};

export const describeMetric = (metric: Metric): Described => DESCRIBED[metric];
export const metricName = (metric: Metric): string => DESCRIBED[metric].name;

/** "+10.3 %", "−2 %": a change that is told from none by its sign. */
export function lift(value: number): string {
  const digits = Math.abs(value) < 0.1 ? 1 : 0;
  const text = (Math.abs(value) * 100).toFixed(digits);
  return Number(text) === 0 ? "0 %" : `${value > 0 ? "+" : "−"}${text.length > 3 ? count(Math.abs(value) * 100) : text} %`;
}

/** How likely it is that a variant is the best. Nothing is certain: neither 0 nor 100. */
export function likely(probability: number): string {
  if (probability > 0.999) return "> 99.9 %";
  return probability < 0.001 ? "< 0.1 %" : percent(probability);
}

export type Standing = "better" | "worse" | "undecided";

/** Where an interval of a lift stands: decided only if zero is outside it. */
export function standing(metric: Metric, interval: readonly [number, number] | null): Standing {
  if (!interval || (interval[0] <= 0 && interval[1] >= 0)) return "undecided";
  return interval[0] > 0 === DESCRIBED[metric].higherIsBetter ? "better" : "worse";
}
