import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { adoptKey, forgetKeys, type KeyInUse } from "@/api/session";
import { deleteConversation } from "./deletion";

const toasts = vi.hoisted(() => ({
  notify: vi.fn<(text: string, options: { undo: () => void }) => void>(),
  notifyError: vi.fn<(text: string, error: unknown, options: { retry: () => void }) => void>(),
}));
vi.mock("@/ui/toast", () => toasts);

/** What the server was told: which conversation, with which key. */
const told: string[] = [];
let status = 204;

const keyOf = (key: string, team: string): KeyInUse => ({ key, kept: false, me: { key: { id: key }, team: { id: team }, role: "editor" } as KeyInUse["me"] });

beforeEach(() => {
  vi.useFakeTimers();
  status = 204;
  told.length = 0;
  vi.stubGlobal("fetch", (path: string, { headers }: { headers: Record<string, string> }) => {
    told.push(`${path.split("/").at(-1)} ${headers["authorization"]?.replace("Bearer ", "")}`);
    return Promise.resolve(new Response(status === 204 ? null : "{}", { status }));
  });
  adoptKey(keyOf("pl_a", "team_a"));
});
afterEach(() => {
  forgetKeys();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

test("the server is told after the time for second thoughts, once", async () => {
  deleteConversation("conv_1", "One");
  deleteConversation("conv_1", "One");
  await pass(7_900);
  expect(told).toEqual([]);
  await pass(200);
  expect(told).toEqual(["conv_1 pl_a"]);
});

test("with a second thought it is not", async () => {
  deleteConversation("conv_2", "Two");
  toasts.notify.mock.lastCall?.[1].undo();
  await pass(20_000);
  expect(told).toEqual([]);
});

test.each([
  ["who signs out", () => forgetKeys()],
  ["who goes on with another team's key", () => adoptKey(keyOf("pl_b", "team_b"))],
])("%s has deleted it with the key of before", async (_, change) => {
  deleteConversation("conv_3", "Three");
  change();
  await pass(0);
  expect(told).toEqual(["conv_3 pl_a"]);
  await pass(20_000);
  expect(told).toHaveLength(1);
});

test("a key of the same team takes over, for the one of before may no longer work", async () => {
  deleteConversation("conv_4", "Four");
  adoptKey(keyOf("pl_rotated", "team_a"));
  await pass(8_100);
  expect(told).toEqual(["conv_4 pl_rotated"]);
});

test("a failure is told and can be tried again; what is gone already is no failure", async () => {
  status = 404;
  deleteConversation("conv_5", "Five");
  await pass(8_100);
  expect(toasts.notifyError).not.toHaveBeenCalled();
  status = 503;
  deleteConversation("conv_5", "Five");
  await pass(8_100);
  status = 204;
  toasts.notifyError.mock.lastCall?.[2].retry();
  await pass(0);
  expect(told).toHaveLength(3);
});
