/**
 * The keys that this page was given, and which of them is in use. They are in memory; those for which the person says so
 * also in the tab's session storage, which ends with the tab. A key is never in a URL, a log or a cookie.
 */
import { useSyncExternalStore } from "react";
import type { Me, Role } from "./types";

export interface KeyInUse {
  key: string;
  me: Me;
  /** Whether it outlives a reload of this tab. */
  kept: boolean;
}

export interface Session {
  keys: readonly KeyInUse[];
  /** Null before a key is given, and after a reload if the one in use was not kept. */
  active: KeyInUse | null;
  /** The active key was refused: it has expired or was revoked. */
  refused: boolean;
}

/** What is stored: the keys to keep, and the place among them of the one in use; -1 if that is not among them. */
interface Stored {
  keys: Pick<KeyInUse, "key" | "me">[];
  active: number;
}

const STORAGE = "promptlab.session";
const EMPTY: Session = { keys: [], active: null, refused: false };

let session: Session = restore();
const listeners = new Set<() => void>();

function storage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

function restore(): Session {
  try {
    const stored = JSON.parse(storage()?.getItem(STORAGE) ?? "null") as Stored | null;
    const keys = (stored?.keys ?? []).map(({ key, me }) => ({ key, me, kept: true }));
    return { keys, active: keys[stored?.active ?? -1] ?? null, refused: false };
  } catch {
    return EMPTY;
  }
}

function store({ keys, active }: Session): void {
  const kept = keys.filter((known) => known.kept);
  const stored: Stored = { keys: kept.map(({ key, me }) => ({ key, me })), active: active ? kept.indexOf(active) : -1 };
  if (kept.length > 0) storage()?.setItem(STORAGE, JSON.stringify(stored));
  else storage()?.removeItem(STORAGE);
}

function set(next: Session): void {
  session = next;
  try {
    store(next);
  } catch {
    // Storage is full or switched off: the keys last as long as the page.
  }
  for (const listener of listeners) listener();
}

export const currentSession = (): Session => session;
export const currentKey = (): string | null => session.active?.key ?? null;

/** Puts a key that works into use; one of the same id replaces its former self. */
export function adoptKey(added: KeyInUse): void {
  const others = session.keys.filter(({ me, key }) => me.key.id !== added.me.key.id && key !== added.key);
  set({ keys: [...others, added], active: added, refused: false });
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
  set({ keys, active, refused: active !== null && active === session.active && session.refused });
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
