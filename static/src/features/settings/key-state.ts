/** What a key can still do. */
import type { Key } from "@/api/types";

export type KeyState = "active" | "replaced" | "expired" | "revoked" | "grace";

/** `grace`: it was replaced and still works for a while. */
export function keyState({ revoked_at: revoked, expires_at: expires, replaced_by: replaced, grace_until: grace }: Key, now: number): KeyState {
  if (revoked) return "revoked";
  if (expires && Date.parse(expires) <= now) return "expired";
  if (replaced) return grace && Date.parse(grace) > now ? "grace" : "replaced";
  return "active";
}

/** Whether requests with it are answered. */
export const isInForce = (key: Key, now: number): boolean => ["active", "grace"].includes(keyState(key, now));

const DAY_SECONDS = 86_400;

/** How long a new key works, in seconds; 0 for good. */
export const LIFETIMES: readonly { seconds: number; label: string }[] = [
  { seconds: 0, label: "Never" },
  { seconds: DAY_SECONDS, label: "In 1 day" },
  { seconds: 7 * DAY_SECONDS, label: "In 7 days" },
  { seconds: 30 * DAY_SECONDS, label: "In 30 days" },
  { seconds: 90 * DAY_SECONDS, label: "In 90 days" },
  { seconds: 365 * DAY_SECONDS, label: "In 1 year" },
];

/** How long the old key goes on working after a rotation, in seconds. */
export const GRACES: readonly { seconds: number; label: string }[] = [
  { seconds: 0, label: "It ends at once" },
  { seconds: 300, label: "5 minutes" },
  { seconds: 3_600, label: "1 hour" },
  { seconds: DAY_SECONDS, label: "1 day" },
  { seconds: 7 * DAY_SECONDS, label: "7 days" },
];

export interface Person {
  id: string;
  name: string;
  roles: string[];
  keys: number;
  lastUsed: string | null;
}

/** The people and programs that have a key in force, as far as `keys` tell. */
export function peopleOf(keys: readonly Key[], now: number): Person[] {
  const people = new Map<string, Person>();
  for (const key of keys) {
    if (!isInForce(key, now)) continue;
    const person = people.get(key.user_id) ?? { id: key.user_id, name: key.user_name, roles: [], keys: 0, lastUsed: null };
    if (!person.roles.includes(key.role)) person.roles.push(key.role);
    person.keys += 1;
    if (key.last_used_at && (!person.lastUsed || key.last_used_at > person.lastUsed)) person.lastUsed = key.last_used_at;
    people.set(key.user_id, person);
  }
  return [...people.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}
