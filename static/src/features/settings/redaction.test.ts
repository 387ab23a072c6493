import { describe, expect, test } from "vitest";
import type { TeamSettings } from "@/api/types";
import { addRow, draftFrom, inheritedMode, isChanged, nameOfPart, type PatternRow, type RedactedField, type RedactionDraft, settingsOf } from "./redaction";

const NOTHING: TeamSettings = { redaction: { mode: "mask", fields: {}, patterns: [] } };
const STORED: TeamSettings = {
  redaction: { mode: "off", fields: { output: "drop", conversations: "mask" }, patterns: [{ name: "ticket", pattern: "T-[0-9]{6} " }] },
};
const draft = (changes: Partial<RedactionDraft> = {}): RedactionDraft => ({ ...draftFrom(STORED), ...changes });
const row = (name: string, pattern: string, id = 7): PatternRow => ({ id, name, pattern });

describe("settings as a draft and back", () => {
  test.each([NOTHING, STORED])("say the same", (settings) => {
    expect(settingsOf(draftFrom(settings))).toEqual(settings);
    expect(isChanged(draftFrom(settings), settings)).toBe(false);
  });

  test("have their defaults where they say nothing", () => {
    expect(settingsOf(draftFrom({ redaction: {} }))).toEqual(NOTHING);
    expect(isChanged(draftFrom(NOTHING), { redaction: {} })).toBe(false);
  });

  test("keep conversations by default, said or not", () => {
    const said: TeamSettings = { redaction: { ...NOTHING.redaction, fields: { conversations: "off" } } };
    expect(draftFrom(said).fields.conversations).toBe("");
    expect(isChanged(draftFrom(said), NOTHING)).toBe(false);
  });

  test("have a field's own mode also where it is the same as that of everything", () => {
    expect(settingsOf(draft({ fields: { ...draft().fields, input: "off" } })).redaction.fields).toEqual({ input: "off", output: "drop", conversations: "mask" });
  });

  test("leave out rows with nothing in them, and spaces around names", () => {
    const rows = [row(" ", ""), row(" order ", " O-[0-9]+ "), row("", "x"), row("y", "")];
    expect(settingsOf(draft({ rows })).redaction.patterns).toEqual([
      { name: "order", pattern: " O-[0-9]+ " },
      { name: "", pattern: "x" },
      { name: "y", pattern: "" },
    ]);
  });
});

test.each([
  ["the mode", draft({ mode: "drop" }), true],
  ["a field", draft({ fields: { ...draft().fields, output: "" } }), true],
  ["a pattern", draft({ rows: [row("ticket", "T-[0-9]{6}")] }), true],
  ["one pattern more", draft({ rows: [...draft().rows, row("order", "O-[0-9]+")] }), true],
  ["an empty row", addRow(draft()), false],
])("what is changed: %s", (_, changed, expected) => {
  expect(isChanged(changed, STORED)).toBe(expected);
});

test.each<[RedactedField, string]>([
  ["input", "mask"],
  ["user_id", "mask"],
  ["title", "drop"],
  ["conversations", "off"],
])("without a mode of its own: %s", (field, mode) => {
  const dropped = draft({ mode: "mask", fields: { ...draft().fields, input: "drop" } });
  expect(inheritedMode(dropped, field)).toBe(mode);
  const all = draft({ mode: "mask" });
  expect(inheritedMode(all, "title")).toBe("mask");
});

describe("what is wrong with a row", () => {
  const sent = [row("a", "(", 3), row("b", "[", 5)];

  test("stays with it when another one goes", () => {
    expect(nameOfPart(sent, 5, "pattern")).toBe("redaction.patterns[1].pattern");
    expect(nameOfPart(sent, 3, "name")).toBe("redaction.patterns[0].name");
  });

  test("is not that of a new one", () => {
    const before = draft({ rows: [], nextRowId: 6 });
    const after = addRow({ ...addRow(before), rows: [] });
    expect(after.rows.map(({ id }) => id)).toEqual([7]);
    expect(nameOfPart(sent, 7, "name")).toBe("redaction.patterns[-1].name");
  });
});
