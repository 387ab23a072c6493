import { expect, test } from "vitest";
import { finds } from "./palette-search";

test.each([
  ["", "Settings Keys", true],
  ["set", "Settings Keys", true],
  ["KEYS sett", "Settings Keys", true],
  ["eys", "Settings Keys", false],
  ["keys prompts", "Settings Keys", false],
  ["2026/10", "shorter answers 2026-10", true],
])("%j in %j: %j", (search, text, found) => {
  expect(finds(search, text)).toBe(found);
});
