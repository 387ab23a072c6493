import { expect, test } from "vitest";
import { conclude, roughly, shares, timeLeft } from "./conclusion";
import { lift, standing } from "./metrics";
import type { ArmResult, Results } from "./model";

const HOUR = 3_600_000;
const STARTED = "2026-11-21T00:00:00.000Z";
const NOW = Date.parse(STARTED) + HOUR;
const experiment = { created_at: STARTED, status: "active", ended_at: null, all_killed: false } as const;

const arm = (name: string, more: Partial<ArmResult> = {}): ArmResult => ({
  name,
  variant: name,
  version_id: `ver_${name}`,
  version_number: 1,
  weight: 0.5,
  exposures: 500,
  in_two_arms: 0,
  samples: 500,
  mean: 0.5,
  interval: [0.45, 0.55],
  relative_lift: null,
  relative_interval: null,
  probability_best: 0.5,
  ...more,
});

const results = (more: Partial<Results> = {}): Results => ({
  experiment_id: "exp_1",
  status: "active",
  primary_metric: "approval",
  min_samples: 100,
  allocation_periods: [],
  variants: [arm("control"), arm("b")],
  metrics: {},
  srm: { chi_squared: 0, degrees_of_freedom: 1, p_value: 1, alert: false },
  in_two_arms: { units: 0, share: 0, alert: false },
  guardrails: [],
  verdict: "no_difference",
  verdict_variant: null,
  alpha: 0.05,
  ...more,
});

const concluded = (more: Partial<Results>, status: typeof experiment.status | "stopped" | "killed" = "active") => conclude(results(more), { ...experiment, status }, NOW);

test("a split that went wrong comes before a winner", () => {
  const conclusion = concluded({ verdict: "winner", verdict_variant: "b", srm: { chi_squared: 11.11, degrees_of_freedom: 1, p_value: 0.00086, alert: true } });
  expect(conclusion).toMatchObject({ state: "alarm", tone: "bad" });
  expect(conclusion.detail).toContain("1 of 1,163 cases");
  expect(conclusion.winner).toBeUndefined();
});

test("users in two variants are an alarm", () => {
  expect(concluded({ in_two_arms: { units: 30, share: 0.03, alert: true } }).detail).toContain("30 users (3.0 %)");
});

test("what is switched off waits for nobody", () => {
  const nobody: Partial<Results> = { verdict: "not_enough_data", variants: [arm("control", { exposures: 0, samples: 0 }), arm("b", { exposures: 0, samples: 0 })] };
  expect(concluded(nobody, "killed").title).toBe("It is switched off");
  expect(conclude(results(nobody), { ...experiment, all_killed: true }, NOW).title).toBe("It is switched off");
  expect(concluded(nobody).title).toBe("Waiting for the first user");
});

test("not enough data says how many of how many, and how long that takes", () => {
  const conclusion = concluded({ verdict: "not_enough_data", variants: [arm("control", { samples: 50 }), arm("b", { samples: 25 })] });
  expect(conclusion.progress).toEqual({ have: 25, needed: 100, remainingMs: 3 * HOUR });
  expect(conclusion.detail).toBe("b has 25 samples of the 100 that each variant needs. At the rate so far that takes about 3 hours.");
});

test("without users nothing is predicted", () => {
  const nobody = [arm("control", { samples: 0, exposures: 0 }), arm("b", { samples: 0, exposures: 0 })];
  expect(concluded({ verdict: "not_enough_data", variants: nobody })).toMatchObject({ title: "Waiting for the first user", progress: { have: 0, remainingMs: null } });
  expect(concluded({ verdict: "not_enough_data", variants: nobody }, "stopped").title).toBe("It ended without enough data");
});

test("a winner is named with its lift", () => {
  const conclusion = concluded({ verdict: "winner", verdict_variant: "b", variants: [arm("control"), arm("b", { relative_lift: 0.504 })] });
  expect(conclusion).toMatchObject({ state: "winner", title: "b wins", detail: "It is better than the control in approval: +50 %, with 95 % certainty.", winner: { name: "b" } });
});

test("who leads is named before it is certain", () => {
  const bandit = concluded({ variants: [arm("control", { probability_best: 0.003 }), arm("friendly", { probability_best: 0.997 })] });
  expect(bandit).toMatchObject({ state: "leads", title: "friendly leads, not certain yet" });
  expect(bandit.detail).toContain("with a probability of 99.7 %");
  expect(concluded({ variants: [arm("control", { probability_best: 0.4 }), arm("b", { probability_best: 0.6 })] }).title).toBe("No difference so far");
});

test("losers and failed guardrails", () => {
  expect(concluded({ verdict: "loser" }).title).toBe("The control is best");
  const failed = { metric: "latency_ms", variant: "b", max_relative_regression: 0.1, mean: 900, control_mean: 500, samples: 10, regression: 0.8, excess_at_least: 50, failed: true } as const;
  expect(concluded({ verdict: "guardrail_failed", verdict_variant: "b", guardrails: [failed] })).toMatchObject({ title: "b failed a guardrail", detail: "Latency is 80 % worse than the control's; 10 % is allowed." });
});

test("time left", () => {
  expect(timeLeft(0, 100, HOUR)).toBeNull();
  expect(timeLeft(100, 100, HOUR)).toBe(0);
  expect([30_000, 60_000, 45 * 60_000, 3 * HOUR, 80 * HOUR].map(roughly)).toEqual(["less than a minute", "about 1 minute", "about 45 minutes", "about 3 hours", "about 3 days"]);
});

test("shares are of those who met it", () => {
  expect(shares([arm("control", { exposures: 30 }), arm("b", { exposures: 10 })]).map(({ observed }) => observed)).toEqual([0.75, 0.25]);
  expect(shares([arm("control", { exposures: 0 })])[0]?.observed).toBeNull();
});

test("an interval is decided only without zero, and lower may be better", () => {
  expect(standing("approval", [0.1, 0.2])).toBe("better");
  expect(standing("latency_ms", [0.1, 0.2])).toBe("worse");
  expect(standing("latency_ms", [-0.2, -0.1])).toBe("better");
  expect(standing("approval", [-0.1, 0.2])).toBe("undecided");
  expect(standing("approval", [0, 0.2])).toBe("undecided");
  expect(standing("approval", null)).toBe("undecided");
});

test("lifts carry their sign", () => {
  expect([0.504, -0.034, 0, -0.0001, 12.5].map(lift)).toEqual(["+50 %", "−3.4 %", "0 %", "0 %", "+1,250 %"]);
});
