import { expect, test } from "vitest";
import type { AssignmentDefinition } from "@/lib/engine";
import { definitionOf, movedShare, variantFor, weightPeriods } from "./weights";

const experiment = { salt: "exp_1", variants: ["control", "b"].map((name) => ({ name, version_id: "ver_1", version_number: 1, traffic_weight: 50, weight: 0.5 })), forced: { ada: "b" } };

/** An engine that gives the first so many of 1,000 users the second variant. */
const engine = {
  explainAssignment: ({ arms }: AssignmentDefinition, unit: string) => {
    if (arms.every(({ weight_bp: weight }) => weight === 0)) return { error: "every weight is zero" };
    const arm = Number(unit.replace("user-", "")) * 10 < (arms[1]?.weight_bp ?? 0) ? 1 : 0;
    return { assignment: { arm, reason: "assigned" }, bucket: 0, included: true, arms: [] };
  },
};

test("a definition is in basis points", () => {
  expect(definitionOf(experiment, [0.3334, 0.6666], 0.125)).toEqual({
    salt: "exp_1",
    coverage_bp: 1250,
    arms: [
      { key: "control", weight_bp: 3334 },
      { key: "b", weight_bp: 6666 },
    ],
    forced: { ada: "b" },
  });
});

test("who moves when weights change", () => {
  const half = definitionOf(experiment, [0.5, 0.5], 1);
  const less = definitionOf(experiment, [0.8, 0.2], 1);
  expect(variantFor(engine, half, "user-300")).toBe("b");
  expect(variantFor(engine, less, "user-300")).toBe("control");
  expect(movedShare(engine, half, less)).toBe(0.3);
  expect(movedShare(engine, half, half)).toBe(0);
  expect(movedShare(engine, half, definitionOf(experiment, [0, 0], 1))).toBeNull();
});

test("periods last until the next one", () => {
  const periods = [
    { period: 1, weights: [1, 1], coverage: 1, started_at: "2026-11-21T00:00:00.000Z", reason: null },
    { period: 2, weights: [1, 3], coverage: 1, started_at: "2026-11-21T01:00:00.000Z", reason: null },
  ];
  const end = Date.parse("2026-11-21T02:00:00.000Z");
  expect(weightPeriods(periods, end).map(({ from, to, weights }) => [(to - from) / 3_600_000, weights])).toEqual([
    [1, [0.5, 0.5]],
    [1, [0.25, 0.75]],
  ]);
});
