/** State that lives in the address: filters, tabs, sorting, ranges. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

/**
 * Named values with their defaults, read from and written to the search parameters. What is at its default stays out of
 * the address. `typing` replaces the entry in the history, so that Back leaves the page rather than a letter.
 *
 *     const [state, set] = useSearchState({ search: "", sort: "name" });
 *     set({ search: "a" }, { typing: true });
 */
export function useSearchState<State extends Record<string, string>>(
  defaults: State,
): [state: { [Name in keyof State]: string }, set: (changes: Partial<Record<keyof State, string>>, options?: { typing?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const key = JSON.stringify(defaults);
  const state = useMemo(() => readState(JSON.parse(key) as State, params), [key, params]);
  const set = useCallback(
    (changes: Partial<Record<keyof State, string>>, { typing = false } = {}) => {
      // Not of what is rendered: between two choices that follow each other quickly, the page has not caught up yet.
      const current = new URLSearchParams(window.location.search);
      setParams(changeState(JSON.parse(key) as State, current, changes), { replace: typing, preventScrollReset: true });
    },
    [key, setParams],
  );
  return [state, set];
}

/** What the parameters say, or the defaults. */
export function readState<State extends Record<string, string>>(defaults: State, params: URLSearchParams): { [Name in keyof State]: string } {
  const entries = Object.entries(defaults).map(([name, value]) => [name, params.get(name) ?? value]);
  return Object.fromEntries(entries) as { [Name in keyof State]: string };
}

/** How many pages of a list are shown. */
export const PAGES = { pages: "1" };

/** The parameters after changes; what is not named in `defaults` stays as it is. Another list begins at its first page. */
export function changeState<State extends Record<string, string>>(defaults: State, current: URLSearchParams, changes: Partial<Record<keyof State, string>>): URLSearchParams {
  const next = new URLSearchParams(current);
  if (!("pages" in changes)) next.delete("pages");
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === defaults[name]) next.delete(name);
    else next.set(name, value);
  }
  return next;
}
