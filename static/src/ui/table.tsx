import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  /** Numbers stand on the right, digit below digit. */
  numeric?: boolean;
  /** Leave out where there is no room. */
  wideOnly?: boolean;
  sortable?: boolean;
  className?: string;
  cell: (row: Row) => ReactNode;
}

export interface Sorting {
  by: string;
  order: "asc" | "desc";
}

interface TableProps<Row> {
  /** What the table shows, for screen readers. */
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sorting?: Sorting | undefined;
  onSort?: ((sorting: Sorting) => void) | undefined;
  /** The row that the keyboard is at. */
  current?: string | undefined;
}

/** A real table: sortable headers with `aria-sort`, and a header that stays while the page scrolls. */
export function DataTable<Row>({ label, columns, rows, rowKey, sorting, onSort, current }: TableProps<Row>) {
  return (
    <table aria-label={label} className="w-full border-separate border-spacing-0 text-base">
      <thead>
        <tr>
          {columns.map((column) => (
            <HeaderCell key={column.key} column={column} sorting={sorting} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const key = rowKey(row);
          return (
            <tr key={key} data-row={key} aria-current={key === current ? "true" : undefined} className="group hover:bg-hover/60 aria-[current]:bg-accent-ground">
              {columns.map((column) => (
                <td key={column.key} className={cellClass(column, "h-11 border-b border-line px-3 py-1.5")}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function cellClass<Row>({ numeric, wideOnly, className }: Column<Row>, base: string): string {
  return `${base} ${numeric ? "tabular text-end" : "text-start"} ${wideOnly ? "max-md:hidden" : ""} ${className ?? ""}`;
}

function HeaderCell<Row>({ column, sorting, onSort }: { column: Column<Row>; sorting: Sorting | undefined; onSort: ((sorting: Sorting) => void) | undefined }) {
  const order = sorting?.by === column.key ? sorting.order : undefined;
  const base = "sticky top-(--top) z-10 border-b border-line bg-ground px-3 py-2 text-sm font-medium text-muted";
  const ariaSort = order && (order === "asc" ? "ascending" : "descending");
  if (!column.sortable || !onSort) {
    return (
      <th scope="col" className={cellClass(column, base)}>
        {column.title}
      </th>
    );
  }
  return (
    <th scope="col" aria-sort={ariaSort} className={cellClass(column, base)}>
      <SortButton order={order} onSort={(next) => onSort({ by: column.key, order: next })}>
        {column.title}
      </SortButton>
    </th>
  );
}

/** A column's title that sorts by it. Its cell says the order in `aria-sort`. */
export function SortButton({ order, onSort, children }: { order: Sorting["order"] | undefined; onSort: (order: Sorting["order"]) => void; children: ReactNode }) {
  const Icon = order === undefined ? ChevronsUpDown : order === "asc" ? ArrowUp : ArrowDown;
  return (
    <button type="button" onClick={() => onSort(order === "asc" ? "desc" : "asc")} className="-mx-1 inline-flex items-center gap-1 rounded px-1 hover:text-ink">
      {children}
      <Icon aria-hidden size={13} className={order ? "text-ink" : "opacity-50"} />
    </button>
  );
}
