import { describe, expect, test } from "vitest";
import { draftSchema, EMPTY_DRAFT, newVersionFrom, templatesOf } from "./content";
import { unreadIn } from "./estimate";

const errors = (changes: object) => {
  const result = draftSchema.safeParse({ ...EMPTY_DRAFT, template_text: "Hi", ...changes });
  return result.success ? [] : result.error.issues.map(({ path }) => path.join("."));
};

describe("what a draft may be", () => {
  test.each([
    [{}, []],
    [{ template_text: "" }, ["template_text"]],
    [{ type: "chat", messages: [] }, ["messages"]],
    [{ temperature: "2.1", max_tokens: "1.5" }, ["temperature", "max_tokens"]],
    [{ temperature: " ", max_tokens: "400" }, []],
    [{ config: "[1]" }, ["config"]],
    [{ config: '{"top_p": 0.9}', model_id: " " }, ["model_id"]],
  ])("%j is wrong in %j", (changes, fields) => {
    expect(errors(changes)).toEqual(fields);
  });
});

test("the API gets numbers, an object, and nothing that is empty", () => {
  const draft = { ...EMPTY_DRAFT, template_text: "Hi {{ name }}", temperature: "0.2", config: '{"top_p": 1}' };
  expect(newVersionFrom(draft, " Shorter ")).toEqual({ type: "text", template_text: "Hi {{ name }}", model_id: "offline", temperature: 0.2, max_tokens: null, config: { top_p: 1 }, commit_message: "Shorter" });
});

test("a chat's templates", () => {
  const draft = { ...EMPTY_DRAFT, type: "chat" as const, system_prompt: "S", messages: [{ role: "user" as const, content: "M" }], few_shot_examples: [{ input: "I", output: "O" }] };
  expect(templatesOf(draft)).toEqual(["S", "M"]);
});

test("braces that mean nothing here are found, each once", () => {
  // As the engine reads them: a name, dots allowed, between two braces.
  const engine = { variables: (text: string) => [...text.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map(([, name]) => name ?? "") };
  const draft = { ...EMPTY_DRAFT, system_prompt: "{% if x %}", template_text: "{{#if premium}}Hi {{ user.name }}{{/if}} {{ name | upper }} {{#if premium}} {{{{ literal }} {} {{ ok }}" };
  expect(unreadIn(engine, draft)).toEqual(["{% if x %}", "{{#if premium}}", "{{/if}}", "{{ name | upper }}"]);
});
