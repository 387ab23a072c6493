import { describe, expect, test } from "vitest";
import { EMPTY_DRAFT, fieldsOf } from "./content";
import { diffContents, diffLines, fold, type Line, pairs } from "./diff-model";

const show = ({ kind, words }: Line) => ({ equal: " ", delete: "-", insert: "+" })[kind] + words.map(({ kind: word, text }) => (word === "equal" ? text : `[${text}]`)).join("");

describe("lines", () => {
  test("words of a changed line are marked, numbers count on both sides", () => {
    const lines = diffLines(["a", "Greet {{ name }}.", "z"], ["a", "Greet {{ name }} in one sentence.", "z"]);
    expect(lines.map(show)).toEqual([" a", "-Greet {{ name }}.", "+Greet {{ name }}[ in one sentence].", " z"]);
    expect(lines.map(({ left, right }) => [left, right])).toEqual([[1, 1], [2, null], [null, 2], [3, 3]]);
  });

  test("lines that have nothing in common are not compared word by word", () => {
    expect(diffLines(["alpha"], ["omega"]).map(show)).toEqual(["-alpha", "+omega"]);
  });

  test("other scripts and emoji stay whole", () => {
    expect(diffLines(["שלום 👩‍👩‍👧 עולם"], ["שלום 👩‍👩‍👧 לכולם"]).map(show)).toEqual(["-שלום 👩‍👩‍👧 [עולם]", "+שלום 👩‍👩‍👧 [לכולם]"]);
  });
});

test("long unchanged parts fold, with three lines around each change", () => {
  const before = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const after = before.with(10, "changed");
  const blocks = fold(diffLines(before, after));
  expect(blocks.map(({ kind, lines }) => [kind, lines.length])).toEqual([["fold", 7], ["equal", 3], ["change", 2], ["equal", 3], ["fold", 16]]);
  expect(pairs({ kind: "change", lines: blocks[2]?.lines ?? [] })).toHaveLength(1);
});

describe("contents", () => {
  const base = { ...EMPTY_DRAFT, template_text: "Hi", config: '{"b": 1, "a": 2}' };

  test("fields are unchanged, changed, added or removed", () => {
    const next = { ...base, template_text: "Hello", system_prompt: "Be kind.", config: '{"a": 2, "b": 1}', model_id: "gpt-4o" };
    const found = Object.fromEntries(diffContents(fieldsOf(base), fieldsOf(next)).map(({ key, status }) => [key, status]));
    expect(found).toEqual({ system: "added", template: "changed", model: "changed", config: "unchanged" });
    expect(diffContents(fieldsOf(next), fieldsOf(base)).at(-1)).toMatchObject({ key: "system", status: "removed", removed: 1 });
  });

  test("a message on top changes no other", () => {
    const message = (role: "system" | "user" | "assistant", content: string) => ({ role, content });
    const chat = { ...EMPTY_DRAFT, type: "chat" as const, messages: [message("user", "Where is the invoice for {{ month }}?"), message("assistant", "It is in your settings."), message("user", "Thanks")] };
    const next = { ...chat, messages: [message("system", "You are kind."), ...chat.messages.slice(0, 2)] };
    expect(diffContents(fieldsOf(chat), fieldsOf(next)).map(({ title, status }) => [title, status])).toEqual([
      ["Message 1", "added"],
      ["Message 2 (was 1)", "unchanged"],
      ["Message 3 (was 2)", "unchanged"],
      ["Message 3", "removed"],
      ["Model", "unchanged"],
    ]);
    expect(new Set(diffContents(fieldsOf(chat), fieldsOf(next)).map(({ key }) => key)).size).toBe(5);
  });

  test("60 kB take no noticeable time", () => {
    const text = Array.from({ length: 1_500 }, (_, index) => `Line ${index} of a long prompt with a few words.`).join("\n");
    // The processor's time: other tests run beside this one.
    const began = process.cpuUsage();
    diffContents(fieldsOf({ ...base, template_text: text }), fieldsOf({ ...base, template_text: text.replaceAll("few", "great many") }));
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(1_000);
  }, 30_000);
});
