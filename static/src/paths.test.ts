import { expect, test } from "vitest";
import { paths, withParams } from "./paths";

test("every address", () => {
  const all = Object.entries(paths).map(([name, path]) => [name, (path as (...values: string[]) => string)("a/b")]);
  expect(Object.fromEntries(all)).toMatchInlineSnapshot(`
    {
      "analytics": "/analytics",
      "audit": "/settings/audit",
      "canary": "/canaries/a%2Fb",
      "chat": "/chat",
      "conversation": "/chat/a%2Fb",
      "experiment": "/experiments/a%2Fb",
      "experimentNew": "/experiments/new",
      "experiments": "/experiments",
      "home": "/",
      "keys": "/settings/keys",
      "privacy": "/settings/privacy",
      "prompt": "/prompts/a%2Fb",
      "promptDiff": "/prompts/a%2Fb/diff",
      "promptEdit": "/prompts/a%2Fb/edit",
      "promptHistory": "/prompts/a%2Fb/history",
      "promptNew": "/new-prompt",
      "prompts": "/prompts",
      "providers": "/settings/providers",
      "settings": "/settings",
      "signIn": "/sign-in",
      "team": "/settings/team",
    }
  `);
});

test("a prompt's tabs", () => {
  expect(paths.prompt("support/reply")).toBe("/prompts/support%2Freply");
  expect(paths.prompt("support/reply", "use")).toBe("/prompts/support%2Freply/use");
});

test("defaults stay out of the address", () => {
  expect(withParams("/prompts", { search: "a b", tag: "", sort: undefined })).toBe("/prompts?search=a+b");
  expect(withParams("/prompts", {})).toBe("/prompts");
});
