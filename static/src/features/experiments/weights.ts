import type { WeightPeriod } from "@/charts/visualise/weight-steps";
import type { AssignmentDefinition, Engine } from "@/lib/engine";
import type { AllocationPeriod, Experiment } from "./model";

/** Each period from its beginning to the next one's, with shares that add up to 1. */
export function weightPeriods(periods: readonly AllocationPeriod[], end: number): WeightPeriod[] {
  return periods.map(({ weights, started_at }, index) => {
    const from = Date.parse(started_at);
    const next = periods[index + 1];
    const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
    return { from, to: next ? Date.parse(next.started_at) : Math.max(end, from + 1), weights: weights.map((weight) => weight / total) };
  });
}

/** What the edge would assign by, with these shares of users: of each variant, and of all. */
export function definitionOf({ salt, variants, forced }: Pick<Experiment, "salt" | "variants" | "forced">, weights: readonly number[], coverage: number): AssignmentDefinition {
  const points = (share: number) => Math.round(share * 10_000);
  return { salt, coverage_bp: points(coverage), arms: variants.map(({ name }, index) => ({ key: name, weight_bp: points(weights[index] ?? 0) })), forced };
}

type Explains = Pick<Engine, "explainAssignment">;

/** The variant that a user gets; null if nothing can be assigned like that. Who does not take part gets the control. */
export function variantFor(engine: Explains, definition: AssignmentDefinition, user: string): string | null {
  const explained = engine.explainAssignment(definition, user);
  return "error" in explained ? null : (definition.arms[explained.assignment.arm]?.key ?? null);
}

/** So many users stand for all. */
const SAMPLE = 1_000;

/** The share of users who get another variant after a change; null if nothing can be assigned like that. */
export function movedShare(engine: Explains, before: AssignmentDefinition, after: AssignmentDefinition): number | null {
  const variants = (definition: AssignmentDefinition) => Array.from({ length: SAMPLE }, (_, index) => variantFor(engine, definition, `user-${index}`));
  const [old, next] = [variants(before), variants(after)];
  if (old[0] === null || next[0] === null) return null;
  return old.filter((variant, index) => variant !== next[index]).length / SAMPLE;
}
