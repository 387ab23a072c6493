/**
 * The keys that this page was given, and which of them is in use. They are in memory; by choice also in the tab's
 * session storage, which ends with the tab. A key is never in a URL, a log or a cookie.
 */
import { useSyncExternalStore } from "react";
import type { Me, Role } from "./types";

export interface KeyInUse {
  key: string;
  me: Me;
}

export interface Session {
  keys: readonly KeyInUse[];
  active: KeyInUse | null;
  /** Whether the keys outlive a reload of this tab. */
  kept: boolean;
  /** The active key was refused: it has expired or was revoked. */
  refused: boolean;
}

const STORAGE = "promptlab.session";
const EMPTY: Session = { keys: [], active: null, kept: false, refused: false };

let session: Session = restore();
const listeners = new Set<() => void>();

function storage(): Storage | null {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}

function restore(): Session {
  try {
    const kept = JSON.parse(storage()?.getItem(STORAGE) ?? "null") as { keys: KeyInUse[]; active: number } | null;
    const active = kept?.keys[kept.active];
    return kept && active ? { keys: kept.keys, active, kept: true, refused: false } : EMPTY;
  } catch {
    return EMPTY;
  }
}

function set(next: Session): void {
  session = next;
  const { keys, active, kept } = next;
  if (kept && active) storage()?.setItem(STORAGE, JSON.stringify({ keys, active: keys.indexOf(active) }));
  else storage()?.removeItem(STORAGE);
  for (const listener of listeners) listener();
}

export const currentSession = (): Session => session;
export const currentKey = (): string | null => session.active?.key ?? null;

/** Puts a key that works into use; one of the same id replaces its former self. */
export function adoptKey(added: KeyInUse, kept: boolean = session.kept): void {
  const others = session.keys.filter(({ me, key }) => me.key.id !== added.me.key.id && key !== added.key);
  set({ keys: [...others, added], active: added, kept, refused: false });
}

/** Goes on with another of the known keys. */
export function switchKey(id: string): void {
  const active = session.keys.find(({ me }) => me.key.id === id);
  if (active) set({ ...session, active, refused: false });
}

/** Forgets a key, or all of them. */
export function forgetKeys(id?: string): void {
  const keys = id === undefined ? [] : session.keys.filter(({ me }) => me.key.id !== id);
  const active = keys.find((known) => known === session.active) ?? keys.at(-1) ?? null;
  set(active ? { ...session, keys, active, refused: false } : EMPTY);
}

/** The server refused `key`. What the page holds stays; the person is asked for another one. */
export function refuse(key: string): void {
  if (session.active?.key === key && !session.refused) set({ ...session, refused: true });
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, currentSession);
}

/** From the least to the most: each may do what the ones before it may. */
export const ROLES: readonly Role[] = ["runtime", "viewer", "editor", "publisher", "admin"];

/** Whether `role` may do what needs `needed`. */
export const mayActAs = (role: Role | undefined, needed: Role): boolean => role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);

/** Whether the key in use may do what needs the role, and if not, why. */
export function usePermission(needed: Role): { allowed: boolean; reason: string | undefined } {
  const role = useSession().active?.me.role;
  const allowed = mayActAs(role, needed);
  const article = /^[aeiou]/.test(needed) ? "an" : "a";
  return { allowed, reason: allowed ? undefined : `Needs ${article} ${needed} key. Yours is ${role ?? "none"}.` };
}
