/**
 * Cuts Markdown into blocks that can be read on their own, so that of a growing text only the last one is read anew.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
/** What is indented below a list item belongs to it. */
const INDENTED = /^(?: {2,}|\t)\S/;
const BLANK = /^\s*$/;

/**
 * The blocks of `text`, each read without the others: what refers to elsewhere, as a link's or a footnote's definition
 * does, is not found from another block.
 */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  let gap = false;
  const close = () => {
    if (lines.length > 0) blocks.push(lines.join("\n"));
    lines = [];
    gap = false;
  };
  for (const line of text.split("\n")) {
    if (fence !== null) {
      lines.push(line);
      if (closes(line, fence)) fence = null;
      continue;
    }
    if (BLANK.test(line)) {
      gap ||= lines.length > 0;
      continue;
    }
    if (gap) {
      if (goesOn(lines, line)) lines.push("");
      else close();
      gap = false;
    }
    fence = FENCE.exec(line)?.[1] ?? null;
    lines.push(line);
  }
  close();
  return blocks;
}

const closes = (line: string, fence: string): boolean => {
  const found = FENCE.exec(line)?.[1];
  return found !== undefined && found.startsWith(fence) && line.trim() === found;
};

/** Whether `line`, after a blank one, still belongs to the list that `lines` are. */
function goesOn(lines: readonly string[], line: string): boolean {
  const isList = LIST_ITEM.test(lines[0] ?? "");
  return isList && (LIST_ITEM.test(line) || INDENTED.test(line));
}
