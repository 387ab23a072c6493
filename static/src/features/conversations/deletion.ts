/**
 * Deleting cannot be undone at the server, so it is told only after the time for second thoughts; until then the
 * conversation is hidden. Closing the page is no second thought, and neither is signing out or going on with another
 * team's key.
 */
import { useSyncExternalStore } from "react";
import { isNotFound } from "@/api/errors";
import { currentSession, type KeyInUse, subscribe as subscribeToSession } from "@/api/session";
import { notify, notifyError } from "@/ui/toast";
import { refresh, remove } from "./queries";

/** As long as the message with Undo is shown. */
const SECOND_THOUGHTS_MS = 8_000;

interface Waiting {
  timer: ReturnType<typeof setTimeout>;
  /** Whose conversation it is. */
  by: KeyInUse;
}

let waiting: ReadonlyMap<string, Waiting> = new Map();
/** Those that the server has been told of, until the lists know. */
let told: ReadonlySet<string> = new Set();
let gone: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function set(next: { waiting?: ReadonlyMap<string, Waiting>; told?: ReadonlySet<string> }): void {
  waiting = next.waiting ?? waiting;
  told = next.told ?? told;
  gone = new Set([...waiting.keys(), ...told]);
  for (const listener of listeners) listener();
}

const without = (id: string) => new Map([...waiting].filter(([other]) => other !== id));

/** The conversations that are not to be shown. */
export function useDeleted(): ReadonlySet<string> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => gone,
  );
}

export function deleteConversation(id: string, title: string): void {
  const { active } = currentSession();
  if (gone.has(id) || !active) return;
  const timer = setTimeout(() => void finish(id), SECOND_THOUGHTS_MS);
  set({ waiting: new Map([...waiting, [id, { timer, by: active }]]) });
  const undo = () => {
    clearTimeout(waiting.get(id)?.timer);
    set({ waiting: without(id) });
  };
  notify("Conversation deleted", { description: title, undo });
}

/** The key that may delete it: the one in use if it is of the same team, for the one that was may have been rotated. */
function keyFor({ me, key }: KeyInUse): string {
  const { active } = currentSession();
  return active?.me.team.id === me.team.id ? active.key : key;
}

async function finish(id: string, leaving = false): Promise<void> {
  const deleted = waiting.get(id);
  if (!deleted) return;
  clearTimeout(deleted.timer);
  set({ waiting: without(id), told: new Set([...told, id]) });
  try {
    await remove(id, { key: keyFor(deleted.by), leaving });
    // Hidden until the list knows.
    if (!leaving) await refresh();
  } catch (error) {
    if (!isNotFound(error) && !leaving) notifyError("The conversation was not deleted", error, { retry: () => void again(id, deleted) });
  } finally {
    set({ told: new Set([...told].filter((other) => other !== id)) });
  }
}

function again(id: string, deleted: Waiting): Promise<void> {
  set({ waiting: new Map([...waiting, [id, deleted]]) });
  return finish(id);
}

subscribeToSession(() => {
  const team = currentSession().active?.me.team.id;
  for (const [id, { by }] of waiting) if (by.me.team.id !== team) void finish(id);
});

globalThis.addEventListener?.("pagehide", () => {
  for (const id of waiting.keys()) void finish(id, true);
});
