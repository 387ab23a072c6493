import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { curlCommand } from "./curl";

beforeAll(() => vi.stubGlobal("location", { origin: "https://prompts.example.com" }));
afterAll(() => vi.unstubAllGlobals());

test("a short body stands in one line, a long one field by field, and both are JSON", () => {
  expect(curlCommand("/api/prompts", { name: "greeting" })).toMatchInlineSnapshot(`
    "curl https://prompts.example.com/api/prompts \\
      -H "authorization: Bearer $PROMPTLAB_KEY" \\
      -H "content-type: application/json" \\
      -d '{"name":"greeting"}'"
  `);
  const body = { environment: "production", note: "it's", steps: [{ percent: 5, min_minutes: 30 }, { percent: 50 }] };
  const command = curlCommand("/api/prompts/a%2Fb/canary", body);
  const json = /-d '([^]*)'$/.exec(command)?.[1]?.replaceAll(String.raw`'\''`, "'") ?? "";
  expect(JSON.parse(json)).toEqual(body);
  expect(Math.max(...command.split("\n").map(({ length }) => length))).toBeLessThan(72);
});
