import { expect, test } from "vitest";
import type { AuditEntry } from "@/api/types";
import { sentenceOf, versionNumbers } from "./audit-sentence";

const entry = (action: string, detail: unknown = null): AuditEntry => ({ id: "aud_1", at: "2026-11-21T10:00:00Z", action, resource: "prm_1", user_id: "usr_1", user_name: null, key_id: null, key_name: null, request_id: null, detail });

const saved = entry("version.create", { version_id: "ver_3", version_number: 3 });
const numbers = versionNumbers([saved, entry("prompt.create", { name: "a" })]);

test.each([
  [saved, "saved version 3 of …"],
  [entry("prompt.promote", { version_id: "ver_3", environment: "production" }), "promoted … to v3 in production"],
  [entry("prompt.rollback", { version_id: "ver_9", environment: "staging" }), "rolled back … in staging"],
  [entry("key.create", { name: "CI", role: "runtime" }), "made the key … with the role runtime"],
  [entry("conversation.delete"), "deleted the conversation …"],
  [entry("experiment.kill", { environment: "production", reason: "" }), "killed the experiment … in production"],
  [entry("moon.land"), "moon.land …"],
])("%# reads as a sentence", (given, expected) => {
  const { before, after } = sentenceOf(given, numbers);
  expect(`${before} … ${after}`.trim()).toBe(expected);
});
