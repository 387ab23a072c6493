/** What differs between two contents, line by line and within lines word by word. Pure; drawn by `diff-view.tsx`. */
import { diffArrays } from "diff";
import { align } from "./align";
import type { ContentField } from "./content";

export type Change = "equal" | "delete" | "insert";

export interface Words {
  kind: Change;
  text: string;
}

export interface Line {
  kind: Change;
  /** Line numbers, from 1, on the sides that have it. */
  left: number | null;
  right: number | null;
  words: Words[];
}

/** Consecutive lines that are shown together, or hidden together because nothing changed in them. */
export interface Block {
  kind: "equal" | "change" | "fold";
  lines: Line[];
}

export interface FieldDiff {
  key: string;
  title: string;
  status: "added" | "removed" | "changed" | "unchanged";
  blocks: Block[];
  added: number;
  removed: number;
}

/** Unchanged lines that stay visible around a change. */
const CONTEXT = 3;
/** Beyond so many edits, or so long a line, words are not compared: it would take long and say little. */
const MAX_WORD_EDITS = 2_000;
const MAX_LINE_LENGTH = 20_000;

/** Compares two contents: the fields of both, in the order of the new one. */
export function diffContents(from: ContentField[], to: ContentField[]): FieldDiff[] {
  const old = new Map(from.map((field) => [field.key, field]));
  const members = (fields: ContentField[], group: ContentField["group"]) => fields.filter((field) => field.group === group);
  const kept = to.flatMap((field, index) => {
    const { key, group } = field;
    if (group === undefined) return [diffField(old.get(key), field)];
    const isFirst = to.findIndex((other) => other.group === group) === index;
    return isFirst ? diffGroup(members(from, group), members(to, group)) : [];
  });
  const gone = from.filter(({ key, group }) => !to.some((field) => (group === undefined ? field.key === key : field.group === group)));
  return [...kept, ...gone.map((field) => diffField(field, undefined))];
}

/** Messages or examples: each with the one that it was, wherever that stood. */
function diffGroup(from: ContentField[], to: ContentField[]): FieldDiff[] {
  const textOfField = ({ text }: ContentField) => text;
  return align(from.map(textOfField), to.map(textOfField)).map(([before, after]) => {
    const [one, other] = [before === null ? undefined : from[before], after === null ? undefined : to[after]];
    const diff = diffField(one, other);
    if (!other) return { ...diff, key: `${diff.key} before` };
    return before === null || before === after ? diff : { ...diff, title: `${diff.title} (was ${before + 1})` };
  });
}

function diffField(from: ContentField | undefined, to: ContentField | undefined): FieldDiff {
  const lines = diffLines(splitLines(from?.text), splitLines(to?.text));
  const added = lines.filter(({ kind }) => kind === "insert").length;
  const removed = lines.filter(({ kind }) => kind === "delete").length;
  const status = from === undefined ? "added" : to === undefined ? "removed" : added + removed > 0 ? "changed" : "unchanged";
  return { key: (to ?? from)?.key ?? "", title: (to ?? from)?.title ?? "", status, blocks: fold(lines), added, removed };
}

const splitLines = (text: string | undefined): string[] => (text === undefined ? [] : text.split("\n"));

/** The lines of both sides in one sequence; a run of removed lines stands before what took its place. */
export function diffLines(from: string[], to: string[]): Line[] {
  const lines: Line[] = [];
  let left = 0;
  let right = 0;
  let pending: Line[] = [];
  for (const part of diffArrays(from, to)) {
    if (part.removed) {
      pending = part.value.map((text) => line("delete", (left += 1), null, text));
      continue;
    }
    if (part.added) {
      const inserted = part.value.map((text) => line("insert", null, (right += 1), text));
      compareWords(pending, inserted);
      lines.push(...pending, ...inserted);
    } else {
      lines.push(...pending, ...part.value.map((text) => line("equal", (left += 1), (right += 1), text)));
    }
    pending = [];
  }
  return [...lines, ...pending];
}

const line = (kind: Change, left: number | null, right: number | null, text: string): Line => ({ kind, left, right, words: [{ kind: "equal", text }] });

const textOf = ({ words }: Line): string => words.map(({ text }) => text).join("");

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** Words, spaces and signs, in any script. */
const wordsOf = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

/** Marks the words that differ, where a removed line has a counterpart that is at least partly the same. */
function compareWords(removed: Line[], inserted: Line[]): void {
  removed.forEach((before, index) => {
    const after = inserted[index];
    if (!after) return;
    const [one, other] = [textOf(before), textOf(after)];
    if (one.length + other.length > MAX_LINE_LENGTH) return;
    const parts = diffArrays(wordsOf(one), wordsOf(other), { maxEditLength: MAX_WORD_EDITS });
    if (!parts?.some(({ added, removed: gone, value }) => !added && !gone && value.join("").trim() !== "")) return;
    before.words = parts.filter(({ added }) => !added).map(({ removed: gone, value }) => ({ kind: gone ? "delete" : "equal", text: value.join("") }));
    after.words = parts.filter(({ removed: gone }) => !gone).map(({ added, value }) => ({ kind: added ? "insert" : "equal", text: value.join("") }));
  });
}

/** Groups lines: changes, what stands around them, and long unchanged parts to fold away. */
export function fold(lines: Line[]): Block[] {
  const runs = runsOf(lines);
  return runs.flatMap((run, index): Block[] => {
    if (run.kind === "change") return [run];
    const before = index === 0 ? 0 : CONTEXT;
    const after = index === runs.length - 1 ? 0 : CONTEXT;
    // Hiding a line or two costs more attention than showing them. A field without a change folds as a whole.
    if (run.lines.length <= before + after + 2 && runs.length > 1) return [run];
    const end = run.lines.length - after;
    const blocks: Block[] = [
      { kind: "equal", lines: run.lines.slice(0, before) },
      { kind: "fold", lines: run.lines.slice(before, end) },
      { kind: "equal", lines: run.lines.slice(end) },
    ];
    return blocks.filter(({ lines: inside }) => inside.length > 0);
  });
}

function runsOf(lines: Line[]): Block[] {
  const runs: Block[] = [];
  for (const each of lines) {
    const kind = each.kind === "equal" ? "equal" : "change";
    const last = runs.at(-1);
    if (last?.kind === kind) last.lines.push(each);
    else runs.push({ kind, lines: [each] });
  }
  return runs;
}

/** The lines of a block side by side: what was removed beside what took its place. */
export function pairs(block: Block): { left: Line | null; right: Line | null }[] {
  if (block.kind !== "change") return block.lines.map((each) => ({ left: each, right: each }));
  const removed = block.lines.filter(({ kind }) => kind === "delete");
  const inserted = block.lines.filter(({ kind }) => kind === "insert");
  return Array.from({ length: Math.max(removed.length, inserted.length) }, (_, index) => ({ left: removed[index] ?? null, right: inserted[index] ?? null }));
}
