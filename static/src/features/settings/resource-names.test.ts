import { expect, test } from "vitest";
import type { AuditEntry } from "@/api/types";
import { namelessKinds, namesIn } from "./resource-names";

const entry = (resource: string, detail: unknown): AuditEntry => ({ id: "aud_1", at: "2026-11-21T10:00:00Z", action: "prompt.update", resource, user_id: "usr_1", user_name: null, key_id: null, key_name: null, request_id: null, detail });

test("the newest name of a resource counts, and what has none is looked up by its kind", () => {
  // As the API lists them: the newest first.
  const entries = [entry("prm_1", null), entry("prm_1", { name: "new" }), entry("prm_1", { name: "old" }), entry("prm_2", { version_number: 2 }), entry("key_1", { name: "checkout" }), entry("openai", { last_four: "cdef" })];
  const names = namesIn(entries);
  expect([...names]).toEqual([
    ["key_1", "checkout"],
    ["prm_1", "new"],
  ]);
  expect(namelessKinds(entries, names)).toEqual(["prm_"]);
});
