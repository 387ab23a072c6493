import { expect, test } from "vitest";
import { blocksOf } from "./blocks";

test.each([
  ["paragraphs", "a\nb\n\n\nc", ["a\nb", "c"]],
  ["code with blank lines in it", "a\n\n```js\nx\n\ny\n```\n\nb", ["a", "```js\nx\n\ny\n```", "b"]],
  ["code that is not closed yet", "```\nx\n\n# y", ["```\nx\n\n# y"]],
  ["a longer fence around a shorter one", "````\n```\n\n```\n````\n\nb", ["````\n```\n\n```\n````", "b"]],
  ["a loose list", "1. a\n\n2. b\n\n   more\n\nend", ["1. a\n\n2. b\n\n   more", "end"]],
  ["nothing", "\n\n", []],
])("%s", (_, text, expected) => {
  expect(blocksOf(text)).toEqual(expected);
});

test("finished blocks stay the same while a text grows", () => {
  const text = "# One\n\nTwo **three**\n\n- four\n- five\n\n```\nsix\n\nseven\n```\n\neight";
  const whole = blocksOf(text);
  for (let end = 1; end <= text.length; end += 1) {
    const finished = blocksOf(text.slice(0, end)).slice(0, -1);
    expect(whole.slice(0, finished.length)).toEqual(finished);
  }
});
