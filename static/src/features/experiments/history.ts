import { count, percent } from "@/lib/format";
import { lift, metricName } from "./metrics";
import { type GuardrailOutcome, type Metric, METRICS } from "./model";

const isOutcome = (value: unknown): value is GuardrailOutcome => typeof value === "object" && value !== null && METRICS.includes((value as { metric?: Metric }).metric as Metric);

function outcomeInWords({ metric, variant, regression, max_relative_regression: allowed, failed }: GuardrailOutcome): string {
  const found = regression === null ? "no data" : regression <= 0 ? "not worse" : `${lift(regression).slice(1)} worse`;
  return `${metricName(metric)} of ${variant}: ${found}, ${percent(allowed, 0)} allowed${failed ? ", failed" : ""}`;
}

const settingName = (name: string): string => name.replaceAll("_", " ");

/** The numbers that decided a change, as far as they are known to matter. */
export function numbersInWords(numbers: Record<string, unknown> | null): string {
  if (!numbers) return "";
  const words: string[] = [];
  const { exposures, minutes_in_step: minutes, guardrail, guardrails, probability_best: best, srm, changes } = numbers;
  if (typeof changes === "object" && changes !== null) words.push(Object.keys(changes).map(settingName).join(", "));
  if (Array.isArray(exposures)) words.push(`${exposures.map((each) => count(Number(each))).join(" / ")} users`);
  if (typeof minutes === "number") words.push(`${count(minutes)} min in the step`);
  const outcomes: unknown[] = [guardrail, ...(Array.isArray(guardrails) ? guardrails : [])];
  words.push(...outcomes.filter(isOutcome).map(outcomeInWords));
  if (Array.isArray(best)) words.push(`best with ${best.map((each) => percent(Number(each))).join(" / ")}`);
  if (typeof srm === "object" && srm !== null && "p_value" in srm) words.push(`split p = ${Number(srm.p_value).toPrecision(2)}`);
  return words.join(" · ");
}
