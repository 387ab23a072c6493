import { expect, test } from "vitest";
import { date, duration, percent, plural, relativeTime, usd } from "./format";

const now = Date.UTC(2026, 10, 21, 12);

test.each([
  [0, "just now"],
  [-59_000, "just now"],
  [-60_000, "1 min. ago"],
  [-3 * 3_600_000, "3 hr. ago"],
  [-59.6 * 60_000, "1 hr. ago"],
  [-23 * 3_600_000, "23 hr. ago"],
  [-23.6 * 3_600_000, "yesterday"],
  [-30 * 3_600_000, "yesterday"],
  [-47 * 3_600_000, "2 days ago"],
  [-8 * 86_400_000, "1 wk. ago"],
  [60 * 86_400_000, "in 2 mo."],
  [364 * 86_400_000, "in 1 yr."],
  [30_000, "just now"],
  [50_000, "in a moment"],
  [7_200_000, "in 2 hr."],
])("a time %i ms from now is %s", (distance, text) => {
  expect(relativeTime(now + distance, now)).toBe(text);
});

test("durations, money, shares and counts", () => {
  expect([duration(850), duration(1234), duration(61_000)]).toEqual(["850 ms", "1.2 s", "1 min 1 s"]);
  expect([usd(0), usd(0.00123), usd(12.3), usd(1234.5)]).toEqual(["$0", "$0.0012", "$12.30", "$1,234.50"]);
  expect(percent(0.1234)).toBe("12.3 %");
  expect(date(Date.UTC(2027, 0, 28, 12))).toBe("Jan 28, 2027");
  expect([plural(1, "version"), plural(1200, "version")]).toEqual(["1 version", "1,200 versions"]);
});
