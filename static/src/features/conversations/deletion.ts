/**
 * Deleting cannot be undone at the server, so it is told only after the time for second thoughts; until then the
 * conversation is hidden. Closing the page is no second thought.
 */
import { useSyncExternalStore } from "react";
import { isNotFound } from "@/api/errors";
import { notify, notifyError } from "@/ui/toast";
import { refresh, remove } from "./queries";

/** As long as the message with Undo is shown. */
const SECOND_THOUGHTS_MS = 8_000;

let waiting: ReadonlyMap<string, ReturnType<typeof setTimeout>> = new Map();
let gone: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function set(next: ReadonlyMap<string, ReturnType<typeof setTimeout>>, also: readonly string[] = []): void {
  waiting = next;
  gone = new Set([...next.keys(), ...also]);
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
  if (waiting.has(id)) return;
  const timer = setTimeout(() => void finish(id), SECOND_THOUGHTS_MS);
  set(new Map([...waiting, [id, timer]]));
  const undo = () => {
    clearTimeout(waiting.get(id));
    set(without(id));
  };
  notify("Conversation deleted", { description: title, undo });
}

async function finish(id: string): Promise<void> {
  try {
    await remove(id, false);
    // Hidden until the list knows.
    await refresh();
  } catch (error) {
    if (!isNotFound(error)) notifyError("The conversation was not deleted", error);
  } finally {
    set(without(id));
  }
}

globalThis.addEventListener?.("pagehide", () => {
  for (const [id, timer] of waiting) {
    clearTimeout(timer);
    void remove(id, true).catch(() => undefined);
  }
});
