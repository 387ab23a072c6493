/**
 * Which minutes a cron expression names.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDue } from "./schedule.mjs";

test("cron expressions", () => {
  const time = new Date("2026-11-21T09:30:00Z"); // A Saturday.
  const due = ["* * * * *", "*/5 * * * *", "30 9 * * *", "0,30 * * * *", "25-35 * * * *", "10/20 * * * *", "* * 21 11 6"];
  const notDue = ["*/7 * * * *", "31 * * * *", "30 10 * * *", "0-29 * * * *", "* * * * 0", "* * * 12 *", "* * * *", ""];
  for (const expression of due) assert.ok(isDue(expression, time), expression);
  for (const expression of notDue) assert.ok(!isDue(expression, time), expression);
});
