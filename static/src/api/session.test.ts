import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KeyInUse } from "./session";
import type { Me, Role } from "./types";

type Session = typeof import("./session");

const stored = new Map<string, string>();
let session: Session;

/** The page as it is after a reload. */
async function reload(): Promise<void> {
  vi.resetModules();
  session = await import("./session");
}

const keyOf = (id: string, kept: boolean, role: Role = "admin"): KeyInUse => ({
  key: `pl_${id}`, kept,
  me: { key: { id, key_id: id, name: id, role, expires_at: null, grace_until: null, chat_requests_per_hour: null }, user: { id: "usr_1", name: "ada" }, team: { id: "team_1", name: "Acme", is_operator: false }, role } as Me,
});

beforeEach(async () => {
  stored.clear();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  });
  await reload();
});
afterEach(() => vi.unstubAllGlobals());

const written = () => [...stored.values()].join("");
const known = () => session.currentSession().keys.map(({ key }) => key);

test("a key that is not to be kept is not stored, whatever is said of another one", () => {
  session.adoptKey(keyOf("first", false));
  expect(written()).toBe("");
  session.adoptKey(keyOf("second", true));
  expect(written()).toContain("pl_second");
  expect(written()).not.toContain("pl_first");
  session.switchKey("first");
  expect(written()).not.toContain("pl_first");
});

test("a reload goes on with the key in use if it was kept, and asks if it was not", async () => {
  session.adoptKey(keyOf("first", true));
  session.adoptKey(keyOf("second", true));
  session.switchKey("first");
  await reload();
  expect([session.currentKey(), known()]).toEqual(["pl_first", ["pl_first", "pl_second"]]);
  session.adoptKey(keyOf("third", false));
  await reload();
  expect([session.currentKey(), known()]).toEqual([null, ["pl_first", "pl_second"]]);
});

test("a key that was refused stays until another one takes over", () => {
  session.adoptKey(keyOf("first", false));
  session.refuse("pl_other");
  expect(session.currentSession().refused).toBe(false);
  session.refuse("pl_first");
  expect(session.currentSession()).toMatchObject({ refused: true, active: { key: "pl_first" } });
  session.adoptKey(keyOf("second", false));
  expect(session.currentSession()).toMatchObject({ refused: false, active: { key: "pl_second" } });
});

test("a key of the same id replaces its former self; who forgets the one in use goes on with another", () => {
  session.adoptKey(keyOf("first", false));
  session.adoptKey(keyOf("second", true));
  session.adoptKey({ ...keyOf("second", true), key: "pl_rotated" });
  expect(known()).toEqual(["pl_first", "pl_rotated"]);
  session.forgetKeys("second");
  expect([session.currentKey(), written()]).toEqual(["pl_first", ""]);
  session.forgetKeys();
  expect(session.currentSession()).toEqual({ keys: [], active: null, refused: false });
});

test("broken storage is no session, and full storage no obstacle", async () => {
  stored.set("promptlab.session", "{");
  await reload();
  expect(session.currentKey()).toBeNull();
  vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => { throw new Error("full"); }, removeItem: () => undefined });
  session.adoptKey(keyOf("first", true));
  expect(session.currentKey()).toBe("pl_first");
});

test("each role may do what the ones before it may", () => {
  expect(session.mayActAs("editor", "viewer")).toBe(true);
  expect(session.mayActAs("editor", "publisher")).toBe(false);
  expect(session.mayActAs(undefined, "runtime")).toBe(false);
});
