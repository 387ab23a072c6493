/** Small things that survive a reload of this tab: drafts, values of variables, what was thought of answers. */
import { useCallback, useState } from "react";
import { currentSession, subscribe } from "@/api/session";

const PREFIX = "promptlab.kept.";

function storage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

const nameOf = (key: string): string => `${PREFIX}${currentSession().active?.me.team.id ?? ""}.${key}`;

export function readKept<T>(key: string, otherwise: T): T {
  try {
    const text = storage()?.getItem(nameOf(key));
    return text ? (JSON.parse(text) as T) : otherwise;
  } catch {
    return otherwise;
  }
}

export function writeKept(key: string, value: unknown): void {
  try {
    if (value === undefined || value === "") storage()?.removeItem(nameOf(key));
    else storage()?.setItem(nameOf(key), JSON.stringify(value));
  } catch {
    // Full, or switched off: it lasts as long as the page.
  }
}

/** State that is kept under `key`; another key is another state. */
export function useKept<T>(key: string, initial: T): [T, (value: T) => void] {
  const [state, setState] = useState(() => ({ key, value: readKept(key, initial) }));
  const shown = state.key === key ? state.value : readKept(key, initial);
  const set = useCallback(
    (value: T) => {
      writeKept(key, value);
      setState({ key, value });
    },
    [key],
  );
  return [shown, set];
}

// Signing out leaves nothing behind.
subscribe(() => {
  if (currentSession().active) return;
  const kept = storage();
  for (const name of Object.keys(kept ?? {})) if (name.startsWith(PREFIX)) kept?.removeItem(name);
});
