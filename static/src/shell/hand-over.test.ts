import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KeyInUse } from "@/api/session";

/** Channels of one name hear each other, not themselves. */
class Channel extends EventTarget {
  static all: Channel[] = [];
  constructor() {
    super();
    Channel.all.push(this);
  }
  postMessage(data: unknown): void {
    for (const other of Channel.all) if (other !== this) other.dispatchEvent(Object.assign(new Event("message"), { data: structuredClone(data) }));
  }
}

const stored = new Map<string, string>();

beforeEach(() => {
  Channel.all = [];
  stored.clear();
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: (name: string, value: string) => void stored.set(name, value), removeItem: () => undefined });
});
afterEach(() => vi.unstubAllGlobals());

async function openTab() {
  vi.resetModules();
  const session = await import("@/api/session");
  const { guardLeaving } = await import("./leave-guard");
  await (await import("./hand-over")).joinTabs();
  return { ...session, guardLeaving };
}

const KEY: KeyInUse = { key: "pl_1", kept: true, me: { key: { id: "key_1" }, team: { id: "team_1" }, role: "editor" } as KeyInUse["me"] };

test("a new tab has the key of the one that is open, and stores none", async () => {
  const first = await openTab();
  first.adoptKey({ ...KEY, kept: false });
  const second = await openTab();
  expect(second.currentKey()).toBe("pl_1");
  expect([...stored]).toEqual([]);
});

test("alone, or beside tabs without a key that works, it has none", async () => {
  const first = await openTab();
  expect(first.currentKey()).toBeNull();
  expect((await openTab()).currentKey()).toBeNull();
  first.adoptKey(KEY);
  first.refuse("pl_1");
  expect((await openTab()).currentKey()).toBeNull();
});

test("who signs out does so everywhere, except where something would be lost", async () => {
  const first = await openTab();
  first.adoptKey(KEY);
  const [second, third] = [await openTab(), await openTab()];
  third.guardLeaving(() => Promise.resolve(false));
  first.forgetKeys();
  await vi.waitFor(() => expect(second.currentKey()).toBeNull());
  expect(third.currentKey()).toBe("pl_1");
  expect((await openTab()).currentKey()).toBeNull();
});

test("without channels a tab asks for its key", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  expect((await openTab()).currentKey()).toBeNull();
});
