import { useState } from "react";
import { useNavigate } from "react-router";
import { useShortcuts } from "./shortcuts";

/** J and K go through the rows of a table, Enter opens one. Gives the key of the row that the keyboard is at. */
export function useRowKeys<Row>(rows: readonly Row[], keyOf: (row: Row) => string, addressOf: (row: Row) => string | null): string | undefined {
  const [at, setAt] = useState(-1);
  const navigate = useNavigate();
  const go = (to: number) => {
    const index = Math.min(Math.max(to, 0), rows.length - 1);
    const row = rows[index];
    if (!row) return false;
    setAt(index);
    document.querySelector(`[data-row="${CSS.escape(keyOf(row))}"]`)?.scrollIntoView({ block: "nearest" });
    return true;
  };
  const current = rows[at];
  useShortcuts({
    j: () => go(at + 1),
    k: () => go(at - 1),
    enter: (event) => {
      const onControl = event.target instanceof Element && event.target.closest("a,button") !== null;
      const address = current && !onControl ? addressOf(current) : null;
      return address === null ? false : void navigate(address);
    },
  });
  return current && keyOf(current);
}
