/** What a chart shows as a table: on the screen, and as a file for spreadsheets. */

export type Value = string | number | null;

export interface ChartTable {
  columns: { title: string; numeric?: boolean; format?: (value: number) => string }[];
  rows: Value[][];
}

/** A table as people read it. */
export function display(table: ChartTable, row: readonly Value[], column: number): string {
  const value = row[column] ?? null;
  if (value === null) return "–";
  return typeof value === "number" ? (table.columns[column]?.format ?? String)(value) : value;
}

const FORMULA = /^[=+\-@\t\r]/;

/** One cell by RFC 4180. What a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers. */
function cell(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The whole table by RFC 4180, numbers as they are rather than as they look. */
export function csv({ columns, rows }: ChartTable): string {
  return [columns.map(({ title }) => title), ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
