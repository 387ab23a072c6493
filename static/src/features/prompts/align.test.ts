import { expect, test } from "vitest";
import { align } from "./align";

const SYSTEM = "system: You are a support agent of Acme.";
const QUESTION = "user: Where is the invoice for {{ month }}?";
const ANSWER = "assistant: It is in your settings.";

test.each([
  ["the same", [SYSTEM, QUESTION], [SYSTEM, QUESTION], [[0, 0], [1, 1]]],
  ["one on top", [QUESTION, ANSWER], [SYSTEM, QUESTION, ANSWER], [[null, 0], [0, 1], [1, 2]]],
  ["one taken out", [SYSTEM, QUESTION, ANSWER], [SYSTEM, ANSWER], [[0, 0], [1, null], [2, 1]]],
  ["one on top, one changed", [QUESTION, ANSWER], [SYSTEM, `${QUESTION} Say it briefly.`, ANSWER], [[null, 0], [0, 1], [1, 2]]],
  ["nothing in common, as many", ["alpha"], ["omega"], [[0, 0]]],
  ["nothing in common, more", ["alpha"], ["omega", "beta"], [[0, null], [null, 0], [null, 1]]],
  ["one exchanged in the middle", [SYSTEM, "user: alpha", ANSWER], [SYSTEM, "assistant: omega", ANSWER], [[0, 0], [1, 1], [2, 2]]],
  ["nothing before", [], [SYSTEM], [[null, 0]]],
  ["nothing after", [SYSTEM], [], [[0, null]]],
])("%s", (_, from, to, pairs) => {
  expect(align(from, to)).toEqual(pairs);
});

test("200 messages take no noticeable time", () => {
  const before = Array.from({ length: 200 }, (_, index) => `user: message ${index}`);
  const pairs = align(before, ["system: new", ...before]);
  expect(pairs.filter(([from, to]) => from !== null && to === from + 1)).toHaveLength(200);
});
