/** What is filled in to begin an experiment or a canary, checked, and as the API takes it. */
import type { Environment } from "@/api/types";
import type { Guardrail, Metric, Step, Strategy } from "./model";

export interface VariantDraft {
  name: string;
  version_id: string;
  /** Percent, as typed. */
  weight: string;
}

export interface GuardrailDraft {
  metric: Metric;
  /** Percent, as typed. */
  regression: string;
}

export interface StepDraft {
  percent: string;
  samples: string;
  minutes: string;
}

export interface ExperimentDraft {
  name: string;
  environment: Environment;
  variants: VariantDraft[];
  strategy: Strategy;
  coverage: string;
  metric: Metric;
  samples: string;
  guardrails: GuardrailDraft[];
  forced: { user: string; variant: string }[];
}

export interface CanaryDraft {
  name: string;
  environment: Environment;
  version_id: string;
  steps: StepDraft[];
  guardrails: GuardrailDraft[];
}

export type Errors = Record<string, string>;
export type Checked<Body> = { body: Body; errors?: never } | { body?: never; errors: Errors };

export const variantName = (index: number): string => (index === 0 ? "control" : `variant_${index}`);

export const EMPTY_EXPERIMENT: ExperimentDraft = {
  name: "",
  environment: "production",
  variants: [
    { name: "control", version_id: "", weight: "50" },
    { name: "variant_1", version_id: "", weight: "50" },
  ],
  strategy: "fixed_split",
  coverage: "100",
  metric: "approval",
  samples: "100",
  guardrails: [],
  forced: [],
};

export const EMPTY_CANARY: CanaryDraft = {
  name: "",
  environment: "production",
  version_id: "",
  steps: [
    { percent: "1", samples: "100", minutes: "30" },
    { percent: "10", samples: "500", minutes: "60" },
    { percent: "50", samples: "1000", minutes: "120" },
  ],
  guardrails: [{ metric: "error_rate", regression: "10" }],
};

/** A number that may have a fraction, with a decimal point or a decimal comma: "12.5", "12,5". NaN if it is something else. */
export function fractionFrom(text: string): number {
  const typed = text.trim();
  return /^\d*[.,]?\d+$|^\d+[.,]$/.test(typed) ? Number(typed.replace(",", ".")) : Number.NaN;
}

/** A whole number, with or without separators of thousands: "1000", "1,000", "1 000". NaN if it is something else. */
export function wholeFrom(text: string): number {
  const typed = text.trim();
  return /^\d+$|^\d{1,3}(?:([,.'’_ \u00a0\u202f])\d{3})(?:\1\d{3})*$/.test(typed) ? Number(typed.replaceAll(/\D/g, "")) : Number.NaN;
}

function check(errors: Errors, field: string, text: string, [low, high]: [number, number], whole = false): number {
  const value = whole ? wholeFrom(text) : fractionFrom(text);
  if (!(value >= low && value <= high)) {
    errors[field] = Number.isFinite(high) ? `${whole ? "A whole number" : "A number"} from ${low} to ${high}.` : `A whole number, ${low} or more.`;
  }
  return value;
}

function checkGuardrails(errors: Errors, drafts: readonly GuardrailDraft[]): Guardrail[] {
  return drafts.map(({ metric, regression }, index) => {
    if (drafts.findIndex((other) => other.metric === metric) < index) errors[`guardrails.${index}`] = "There is one for this metric already.";
    return { metric, max_relative_regression: check(errors, `guardrails.${index}`, regression, [0, 10_000]) / 100 };
  });
}

/** Weights as they are shown add up to 100, rounding aside. */
export const weightSum = (variants: readonly { weight: string }[]): number => Math.round(variants.reduce((sum, { weight }) => sum + (fractionFrom(weight) || 0), 0) * 100) / 100;

/** Equal parts of 100, with what rounding leaves over on the first. */
export function evenWeights(parts: number): string[] {
  const each = Math.floor(10_000 / parts) / 100;
  const first = Math.round((100 - each * (parts - 1)) * 100) / 100;
  return Array.from({ length: parts }, (_, index) => String(index === 0 ? first : each));
}

/** Checks weights that must add up to 100 %. */
export function checkWeights(errors: Errors, variants: readonly { weight: string }[], strategy: Strategy): number[] {
  const weights = variants.map(({ weight }, index) => check(errors, `variants.${index}.weight`, weight, [0, 100]));
  if (strategy === "thompson_sampling" && weights.some((weight) => weight === 0)) errors["weights"] = "A bandit learns of every variant: each needs more than 0 %.";
  const sum = weightSum(variants);
  if (sum !== 100) errors["weights"] = `Weights add up to ${sum} %, not 100 %.`;
  return weights;
}

export function experimentBody(draft: ExperimentDraft): Checked<Record<string, unknown>> {
  const errors: Errors = {};
  const weights = checkWeights(errors, draft.variants, draft.strategy);
  const names = draft.variants.map(({ name }) => name.trim());
  const variants = draft.variants.map(({ version_id }, index) => {
    const name = names[index] ?? "";
    if (name === "") errors[`variants.${index}.name`] = "A name.";
    else if (names.indexOf(name) < index) errors[`variants.${index}.name`] = "Two variants cannot have the same name.";
    if (version_id === "") errors[`variants.${index}.version`] = "Choose a version.";
    return { name, version_id, traffic_weight: weights[index] ?? 0 };
  });
  if (new Set(draft.variants.map(({ version_id }) => version_id)).size === 1 && !draft.variants.some(({ version_id }) => version_id === "")) errors["weights"] ??= "All variants are the same version.";
  const coverage = check(errors, "coverage", draft.coverage, [0, 100]) / 100;
  const samples = check(errors, "samples", draft.samples, [0, Infinity], true);
  const guardrails = checkGuardrails(errors, draft.guardrails);
  draft.forced.forEach(({ user, variant }, index) => {
    if (user.trim() === "" || !names.includes(variant)) errors[`forced.${index}`] = "A user id and a variant.";
    else if (draft.forced.findIndex((other) => other.user.trim() === user.trim()) < index) errors[`forced.${index}`] = "This user is listed already.";
  });
  if (Object.keys(errors).length > 0) return { errors };
  return {
    body: {
      ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
      environment: draft.environment,
      variants,
      allocation_strategy: draft.strategy,
      coverage,
      primary_metric: draft.metric,
      min_samples: samples,
      guardrails,
      forced: Object.fromEntries(draft.forced.map(({ user, variant }) => [user.trim(), variant])),
    },
  };
}

export function canaryBody(draft: CanaryDraft): Checked<Record<string, unknown>> {
  const errors: Errors = {};
  if (draft.version_id === "") errors["version"] = "Choose a version.";
  const steps: Step[] = draft.steps.map(({ percent, samples, minutes }, index) => ({
    percent: check(errors, `steps.${index}.percent`, percent, [0.01, 100]),
    min_samples: check(errors, `steps.${index}.samples`, samples, [0, Infinity], true),
    min_minutes: check(errors, `steps.${index}.minutes`, minutes, [0, 525_600], true),
  }));
  steps.forEach(({ percent }, index) => {
    const before = steps[index - 1];
    if (before && percent <= before.percent) errors[`steps.${index}.percent`] ??= "More than in the step before.";
  });
  const guardrails = checkGuardrails(errors, draft.guardrails);
  if (Object.keys(errors).length > 0) return { errors };
  return { body: { version_id: draft.version_id, environment: draft.environment, ...(draft.name.trim() ? { name: draft.name.trim() } : {}), steps, guardrails } };
}
