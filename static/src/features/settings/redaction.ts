/** What a team chose of redaction, as it is edited: every field has an entry, and patterns are rows that come and go. */
import type { RedactionMode, TeamSettings } from "@/api/types";

type Redaction = TeamSettings["redaction"];
export type RedactedField = keyof NonNullable<Redaction["fields"]>;

export const REDACTION_MODES: readonly RedactionMode[] = ["off", "mask", "drop"];
const FIELDS: readonly RedactedField[] = ["input", "output", "tools", "metadata", "title", "user_id", "conversations"];

/** As many patterns as the server takes. */
export const MOST_PATTERNS = 20;

export interface PatternRow {
  /** No other row has it, not even one that is gone. */
  id: number;
  name: string;
  pattern: string;
}

export interface RedactionDraft {
  mode: RedactionMode;
  /** Empty where nothing of its own is chosen. */
  fields: Record<RedactedField, RedactionMode | "">;
  rows: PatternRow[];
  nextRowId: number;
}

/** What `settings` say, to be edited. What they leave out has its default. */
export function draftFrom({ redaction: { mode = "mask", fields = {}, patterns = [] } }: TeamSettings): RedactionDraft {
  const chosen = Object.fromEntries(FIELDS.map((field) => [field, fields[field] ?? ""])) as RedactionDraft["fields"];
  // Their default is the same choice.
  if (chosen.conversations === "off") chosen.conversations = "";
  return { mode, fields: chosen, rows: patterns.map((pattern, id) => ({ id, ...pattern })), nextRowId: patterns.length };
}

/** The rows that are sent: one with nothing in it was not meant. */
export const filledRows = ({ rows }: RedactionDraft): PatternRow[] => rows.filter(({ name, pattern }) => name.trim() !== "" || pattern !== "");

/** What is stored of a draft. Spaces at the ends of a regular expression mean something, those of a name do not. */
export function settingsOf(draft: RedactionDraft): TeamSettings {
  const chosen = FIELDS.flatMap((field): [RedactedField, RedactionMode][] => {
    const mode = draft.fields[field];
    return mode === "" ? [] : [[field, mode]];
  });
  const patterns = filledRows(draft).map(({ name, pattern }) => ({ name: name.trim(), pattern }));
  return { redaction: { mode: draft.mode, fields: Object.fromEntries(chosen), patterns } };
}

/** Whether a draft says anything else than `settings` do. */
export const isChanged = (draft: RedactionDraft, settings: TeamSettings): boolean => JSON.stringify(settingsOf(draft)) !== JSON.stringify(settingsOf(draftFrom(settings)));

/** What becomes of a field that has no mode of its own. */
export function inheritedMode({ mode, fields }: RedactionDraft, field: RedactedField): RedactionMode {
  if (field === "conversations") return "off";
  return (field === "title" && fields.input) || mode;
}

export function addRow(draft: RedactionDraft): RedactionDraft {
  return { ...draft, rows: [...draft.rows, { id: draft.nextRowId, name: "", pattern: "" }], nextRowId: draft.nextRowId + 1 };
}

/** What the server calls a part of a row when it refuses it. `sent` are the rows as they were then: others may have come or gone. */
export function nameOfPart(sent: readonly PatternRow[], id: number, part: "name" | "pattern"): string {
  return `redaction.patterns[${sent.findIndex((row) => row.id === id)}].${part}`;
}
