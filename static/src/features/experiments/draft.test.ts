import { expect, test } from "vitest";
import { canaryBody, EMPTY_CANARY, EMPTY_EXPERIMENT, evenWeights, experimentBody, type ExperimentDraft, fractionFrom, weightSum, wholeFrom } from "./draft";

const draft = (more: Partial<ExperimentDraft> = {}): ExperimentDraft => ({
  ...EMPTY_EXPERIMENT,
  variants: [
    { name: "control", version_id: "ver_1", weight: "70" },
    { name: "b", version_id: "ver_2", weight: "30" },
  ],
  ...more,
});

test("what is filled in becomes what the API takes", () => {
  expect(experimentBody(draft({ coverage: "12.5", forced: [{ user: " u1 ", variant: "b" }], guardrails: [{ metric: "cost_usd", regression: "20" }] })).body).toMatchObject({
    variants: [
      { name: "control", version_id: "ver_1", traffic_weight: 70 },
      { name: "b", version_id: "ver_2", traffic_weight: 30 },
    ],
    coverage: 0.125,
    forced: { u1: "b" },
    guardrails: [{ metric: "cost_usd", max_relative_regression: 0.2 }],
    min_samples: 100,
  });
});

test("weights add up to 100", () => {
  const variants = draft().variants.map((variant) => ({ ...variant, weight: "33" }));
  expect(experimentBody(draft({ variants })).errors).toEqual({ weights: "Weights add up to 66 %, not 100 %." });
  for (let parts = 2; parts <= 10; parts += 1) expect(weightSum(evenWeights(parts).map((weight) => ({ weight })))).toBe(100);
  expect(evenWeights(3)).toEqual(["33.34", "33.33", "33.33"]);
});

test("a bandit starves nobody", () => {
  const variants = draft().variants.map((variant, index) => ({ ...variant, weight: index === 0 ? "100" : "0" }));
  expect(experimentBody(draft({ variants })).body).toBeDefined();
  expect(experimentBody(draft({ variants, strategy: "thompson_sampling" })).errors).toHaveProperty("weights");
});

test("everything that is wrong is said at once", () => {
  const { errors } = experimentBody(draft({ coverage: "120", samples: "1.5", variants: draft().variants.map(() => ({ name: "a", version_id: "", weight: "" })), forced: [{ user: "", variant: "a" }] }));
  expect(Object.keys(errors ?? {}).toSorted()).toEqual(["coverage", "forced.0", "samples", "variants.0.version", "variants.0.weight", "variants.1.name", "variants.1.version", "variants.1.weight", "weights"]);
});

test("the same version twice is no experiment", () => {
  expect(experimentBody(draft({ variants: draft().variants.map((variant) => ({ ...variant, version_id: "ver_1" })) })).errors).toEqual({ weights: "All variants are the same version." });
});

test("a canary's steps grow", () => {
  const steps = [
    { percent: "10", samples: "0", minutes: "5" },
    { percent: "10", samples: "0", minutes: "5" },
  ];
  expect(canaryBody({ ...EMPTY_CANARY, version_id: "ver_1", steps }).errors).toEqual({ "steps.1.percent": "More than in the step before." });
  expect(canaryBody({ ...EMPTY_CANARY, version_id: "ver_1" }).body).toMatchObject({ steps: [{ percent: 1, min_samples: 100, min_minutes: 30 }, {}, {}] });
});

test.each([
  ["1000", 1000],
  ["1,000", 1000],
  ["1.000", 1000],
  [" 1 000 000 ", 1_000_000],
  ["1\u202f000", 1000],
  ["1,00", Number.NaN],
  ["1,0000", Number.NaN],
  ["1,000.000", Number.NaN],
  ["1.5", Number.NaN],
  ["1e3", Number.NaN],
  ["-5", Number.NaN],
  ["", Number.NaN],
])("%j as a whole number is %d", (text, value) => {
  expect(wholeFrom(text)).toBe(value);
});

test.each([
  ["12.5", 12.5],
  ["12,5", 12.5],
  ["0", 0],
  [".5", 0.5],
  ["33.", 33],
  ["1,000.5", Number.NaN],
  ["1 0", Number.NaN],
  ["-5", Number.NaN],
  ["", Number.NaN],
])("%j as a number is %d", (text, value) => {
  expect(fractionFrom(text)).toBe(value);
});

test("a thousand samples are a thousand", () => {
  expect(experimentBody(draft({ samples: "1,000" })).body).toMatchObject({ min_samples: 1000 });
  const steps = [{ percent: "2,5", samples: "2,000", minutes: "1,440" }];
  expect(canaryBody({ ...EMPTY_CANARY, version_id: "ver_1", steps }).body).toMatchObject({ steps: [{ percent: 2.5, min_samples: 2000, min_minutes: 1440 }] });
});
