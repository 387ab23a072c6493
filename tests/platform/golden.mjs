/**
 * What assignment's golden vectors say of one unit.
 */
import assert from "node:assert/strict";

/** @param {any} explanation As `assignment::explain` says it. @param {any} golden A case of `golden.json`. */
export function checkAssignment(explanation, golden) {
  assert.deepEqual(explanation.assignment, { arm: golden.arm, reason: golden.reason }, golden.unit);
  assert.equal(explanation.bucket, golden.bucket, golden.unit);
  assert.equal(explanation.arms.length, golden.scores.length, golden.unit);
  for (const [arm, { score }] of explanation.arms.entries()) assert.ok(isSame(score, golden.scores[arm]), `${golden.unit}: ${score} for ${golden.scores[arm]}`);
}

/** Two neighbours are the same: the vectors come from a C library, whose logarithm may round the other way. */
function isSame(score, golden) {
  if (score === null || golden === null) return score === golden;
  return Math.abs(score - Number(golden)) <= 2 * ulp(Number(golden));
}

const ulp = (value) => 2 ** (Math.floor(Math.log2(value)) - 52);
