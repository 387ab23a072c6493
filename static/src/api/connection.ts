/** Whether the server answers: what the banner says, and when to ask again. */
import { useSyncExternalStore } from "react";

let reachable = true;
const listeners = new Set<() => void>();

export const isReachable = (): boolean => reachable;

/** Notes how the last request went. */
export function noteReachable(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  for (const listener of listeners) listener();
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useReachable = (): boolean => useSyncExternalStore(subscribe, isReachable);
