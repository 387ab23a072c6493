import { expect, test } from "vitest";
import { snippets } from "./snippets";

const call = { origin: "https://prompts.example.com", name: "support/reply", environment: "production" as const, variables: { name: "O'Neil \"#" } };
const code = (id: string) => snippets(call).find((snippet) => snippet.id === id)?.code ?? "";

test("every language has the address, the encoded name and the values", () => {
  for (const { code: text } of snippets(call)) {
    expect(text).toContain("https://prompts.example.com/api/resolve/support%2Freply");
    expect(text).toContain("PROMPTLAB_KEY");
    expect(text).not.toContain("production");
  }
});

test("values are quoted for where they stand", () => {
  expect(code("curl")).toContain(String.raw`O'\''Neil \"#`);
  expect(code("rust")).toContain('r##"{');
});

test("staging is said, an empty object is not", () => {
  const [first] = snippets({ ...call, environment: "staging", variables: {} });
  expect(first?.code).toContain('"environment":"staging"');
  expect(first?.code).not.toContain("variables");
});
