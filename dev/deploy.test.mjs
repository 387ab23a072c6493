/**
 * What a deployment gives the functions.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "smol-toml";
import { readSecrets } from "./deploy.mjs";
import { root } from "./processes.mjs";

const { variables } = parse(readFileSync(join(root, "spin.toml"), "utf8"));
const secretNames = Object.keys(variables)
  .filter((name) => variables[name].secret)
  .map((name) => name.toUpperCase());
const everything = Object.fromEntries([...secretNames, "UPSTASH_REDIS_REST_URL"].map((name) => [name, `the ${name}`]));

test("every secret that is set goes along, and nothing else of the environment", () => {
  const secrets = readSecrets({ ...everything, HOME: "/home" });
  assert.deepEqual(secrets, everything);
  assert.ok(secrets.ALERT_WEBHOOK_SECRET, "what alerts are signed with");
});

test("what may be missing is left out, and what must be there is asked for", () => {
  const { LLM_API_KEY, ALERT_WEBHOOK_SECRET, ...least } = everything;
  assert.deepEqual(readSecrets({ ...least, LLM_API_KEY: "" }), least);
  assert.throws(() => readSecrets({ ...everything, DATABASE_URL: undefined }), /set DATABASE_URL first/);
});
