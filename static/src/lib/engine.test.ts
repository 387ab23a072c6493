/**
 * The engine as it is built for browsers reproduces assignment's golden vectors, as the edge does.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error Another suite's, in plain JavaScript.
import { checkAssignment } from "../../../tests/platform/golden.mjs";

const root = new URL("../../../", import.meta.url);

test("assignments in the browser are those of the edge", async () => {
  const folder = new URL("static/dist/engine/", root);
  const engine = await import(/* @vite-ignore */ new URL("browser.js", folder).href);
  await engine.default({ module_or_path: readFileSync(new URL("browser_bg.wasm", folder)) });
  const groups = JSON.parse(readFileSync(new URL("shared/assignment/golden.json", root), "utf8"));
  let cases = 0;
  for (const { definition, cases: group } of groups) {
    for (const golden of group) {
      checkAssignment(JSON.parse(engine.explain_assignment(JSON.stringify(definition), golden.unit)), golden);
      cases += 1;
    }
  }
  expect(cases).toBeGreaterThan(200);
});
