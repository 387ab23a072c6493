import { describe, expect, test } from "vitest";
import type { Key } from "@/api/types";
import { isInForce, keyState, peopleOf } from "./key-state";
import { startOf } from "./queries";

const now = Date.UTC(2026, 10, 21, 12);
const before = "2026-11-21T11:00:00.000Z";
const later = "2026-11-21T13:00:00.000Z";
const key = (more: Partial<Key> = {}): Key => ({
  id: "key_1", key_id: "key_1", name: "CI", role: "runtime", hint: "pl_123456", user_id: "usr_1", user_name: "ci", chat_requests_per_hour: null, created_at: before, created_by: "usr_1",
  expires_at: null, revoked_at: null, replaced_by: null, grace_until: null, last_used_at: null, ...more,
});

test.each([
  ["active", {}],
  ["active", { expires_at: later }],
  ["expired", { expires_at: before }],
  ["replaced", { replaced_by: "key_2", grace_until: before }],
  ["replaced", { replaced_by: "key_2" }],
  ["grace", { replaced_by: "key_2", grace_until: later }],
  ["revoked", { revoked_at: before, replaced_by: "key_2", grace_until: later }],
] as const)("a key is %s", (state, more) => {
  expect(keyState(key(more), now)).toBe(state);
  expect(isInForce(key(more), now)).toBe(state === "active" || state === "grace");
});

test("people are who has a key in force", () => {
  const keys = [key({ last_used_at: before }), key({ role: "viewer", last_used_at: later }), key({ role: "admin", revoked_at: before }), key({ user_id: "usr_2", user_name: "ada", role: "admin" })];
  expect(peopleOf(keys, now)).toEqual([
    { id: "usr_2", name: "ada", roles: ["admin"], keys: 1, lastUsed: null },
    { id: "usr_1", name: "ci", roles: ["runtime", "viewer"], keys: 2, lastUsed: later },
  ]);
});

describe("a day in the address", () => {
  test("begins where the reader is", () => {
    expect(startOf("2026-11-21")).toBe(new Date(2026, 10, 21).toISOString());
    expect(startOf("2026-11-30", 1)).toBe(new Date(2026, 11, 1).toISOString());
  });
  test.each(["", "yesterday", "2026-1-1"])("is none: %j", (day) => {
    expect(startOf(day)).toBeUndefined();
  });
});
