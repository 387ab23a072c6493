import { ChartColumn, Download, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { saveTable } from "@/lib/download";
import { IconButton } from "@/ui/button";
import { type ChartTable, csv, display } from "../prepare/table";

interface FrameProps {
  title: string;
  /** What the chart does not show by itself: "Top 6 of 40". */
  note?: ReactNode;
  /** Choices that belong to this chart alone. */
  controls?: ReactNode;
  table: ChartTable;
  /** The name of the file, without its ending. */
  file: string;
  /** Shown in place of everything when there is nothing. */
  empty?: ReactNode;
  className?: string;
  /** It is a table already: there is no other view. */
  isTable?: boolean;
  children: ReactNode;
}

/** A chart with its title, its numbers as a table, and the same as a file. */
export function ChartFrame({ title, note, controls, table, file, empty, className = "", isTable = false, children }: FrameProps) {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  return (
    <section aria-labelledby={id} className={`card flex min-w-0 flex-col p-4 ${className}`}>
      <header className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {note && <span className="text-sm text-muted">{note}</span>}
        <div className="ms-auto flex items-center gap-1">
          {controls}
          {!empty && (
            <>
              {!isTable && <IconButton label={asTable ? `${title} as a chart` : `${title} as a table`} icon={asTable ? ChartColumn : Table2} aria-pressed={asTable} onClick={() => setAsTable(!asTable)} />}
              <IconButton label={`${title} as CSV`} icon={Download} onClick={() => saveTable(`${file}.csv`, csv(table))} />
            </>
          )}
        </div>
      </header>
      {empty ?? (asTable ? <Numbers title={title} table={table} /> : children)}
    </section>
  );
}

function Numbers({ title, table }: { title: string; table: ChartTable }) {
  const align = (numeric: boolean | undefined) => (numeric ? "tabular text-end" : "text-start");
  return (
    <div className="max-h-96 overflow-auto" tabIndex={0} role="region" aria-label={`${title}, table`}>
      <table aria-label={title} className="w-full border-separate border-spacing-0 text-sm">
        <thead>
          <tr>
            {table.columns.map((column, index) => (
              <th key={index} scope="col" className={`sticky top-0 border-b border-line bg-surface px-2 py-1.5 font-medium whitespace-nowrap text-muted ${align(column.numeric)}`}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, at) => (
            <tr key={at} className="hover:bg-hover/60">
              {table.columns.map((column, index) => (
                <td key={index} dir="auto" className={`border-b border-line px-2 py-1 ${align(column.numeric)}`}>
                  {display(table, row, index)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
