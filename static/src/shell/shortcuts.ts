/** Keys of the keyboard: one listener, and one list that `?` shows. */
import { createContext, useContext, useEffect, useEffectEvent } from "react";

export interface Shortcut {
  keys: string[];
  does: string;
}

/** What `?` lists. A page's own keys stand here too, under the page's name. */
export const SHORTCUTS: { where: string; list: Shortcut[] }[] = [
  {
    where: "Everywhere",
    list: [
      { keys: ["⌘", "K"], does: "Go to a page or a prompt" },
      { keys: ["/"], does: "Search or filter" },
      { keys: ["J"], does: "Next" },
      { keys: ["K"], does: "Previous" },
      { keys: ["↵"], does: "Open the row" },
      { keys: ["⌘", "↵"], does: "Send or save" },
      { keys: ["Esc"], does: "Close or stop" },
      { keys: ["?"], does: "This list" },
    ],
  },
  {
    where: "Chat",
    list: [
      { keys: ["↵"], does: "Send" },
      { keys: ["⇧", "↵"], does: "New line" },
      { keys: ["Esc"], does: "Stop the answer" },
      { keys: ["N"], does: "New chat" },
    ],
  },
  {
    where: "Editor",
    list: [{ keys: ["⌘", "S"], does: "Review and save" }],
  },
  {
    where: "Charts",
    list: [
      { keys: ["←", "→"], does: "Through the values" },
      { keys: ["Home", "End"], does: "First and last value" },
    ],
  },
  {
    where: "Go to",
    list: [
      { keys: ["G", "P"], does: "Prompts" },
      { keys: ["G", "E"], does: "Experiments" },
      { keys: ["G", "C"], does: "Chat" },
      { keys: ["G", "A"], does: "Analytics" },
      { keys: ["G", "S"], does: "Settings" },
    ],
  },
];

const isMac = /mac|iphone|ipad/i.test(globalThis.navigator?.userAgent ?? "");

/** "⌘" where there is none is "Ctrl". */
export const keyName = (key: string): string => (key === "⌘" && !isMac ? "Ctrl" : key);

/** Whether a key that was pressed there is text. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Whether what is below stands in a dialog: keys then belong to it alone. */
export const InDialog = createContext(false);

const isDialogOpen = (): boolean => document.querySelector("[role=dialog],[role=menu]") !== null;

/** The name of a key press as handlers are listed: "mod+k", "j", "?". */
export function pressed(event: KeyboardEvent): string {
  const mod = event.metaKey || event.ctrlKey;
  return (mod ? "mod+" : "") + event.key.toLowerCase();
}

/**
 * Handles keys while the calling component is shown. Plain letters are ignored while typing; combinations with ⌘ or Ctrl
 * are not. While a dialog is open, keys are for what stands in it, or says that it belongs to it. A handler that returns
 * false leaves the key to others.
 */
export function useShortcuts(handlers: Record<string, (event: KeyboardEvent) => unknown>, { dialog = false }: { dialog?: boolean } = {}): void {
  const inDialog = useContext(InDialog) || dialog;
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || inDialog !== isDialogOpen()) return;
    const name = pressed(event);
    const handler = handlers[name];
    if (!handler || (!name.startsWith("mod+") && isTyping(event.target))) return;
    if (handler(event) !== false) event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => handle(event);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
}
