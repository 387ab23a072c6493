import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api, apiPath, withQuery } from "./client";
import { isReachable } from "./connection";
import { queryClient } from "./query-client";
import { adoptKey, currentSession, forgetKeys, type KeyInUse } from "./session";

const keyOf = (key: string, team: string): KeyInUse => ({ key, kept: false, me: { key: { id: key }, team: { id: team }, role: "editor" } as KeyInUse["me"] });

/** Answers requests; one that hangs ends when it is given up. */
const answer = vi.fn<(path: string) => Response | "hangs" | "refused">();
const sent: Record<string, string>[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  vi.stubGlobal("fetch", (path: string, { headers, signal }: { headers: Record<string, string>; signal: AbortSignal }) => {
    sent.push(headers);
    const given = answer(path);
    if (given instanceof Response) return Promise.resolve(given);
    if (given === "refused") return Promise.reject(new TypeError("Failed to fetch"));
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
});
afterEach(() => {
  forgetKeys();
  queryClient.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const ok = () => Response.json({ id: "prm_1" });

test("paths and queries are encoded, and what is empty stays out", () => {
  expect(apiPath`/api/prompts/${"a/b"}/versions/${3}`).toBe("/api/prompts/a%2Fb/versions/3");
  expect(withQuery("/api/prompts", { search: "a b", tag: "", cursor: null, limit: 0 })).toBe("/api/prompts?search=a+b&limit=0");
});

test("a server that hangs is given up, and is then away", async () => {
  answer.mockReturnValue("hangs");
  const asked = api.get("/api/prompts").catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(isReachable()).toBe(true);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await asked).toMatchObject({ status: 0, code: "timeout" });
  expect(isReachable()).toBe(false);
  answer.mockImplementation(ok);
  await api.get("/api/prompts");
  expect(isReachable()).toBe(true);
});

test("who gives up a request hears of its own doing, and the server is not thought away", async () => {
  answer.mockReturnValue("hangs");
  const left = new AbortController();
  const asked = api.get("/api/prompts", { signal: left.signal }).catch((error: unknown) => error);
  left.abort();
  expect(await asked).toMatchObject({ name: "AbortError" });
  expect(isReachable()).toBe(true);
});

test("creating again after a lost answer is the same request", async () => {
  answer.mockReturnValueOnce("refused").mockImplementation(ok);
  const create = () => api.create("/api/prompts", { name: "a" });
  await expect(create()).rejects.toMatchObject({ code: "offline" });
  await create();
  await create();
  const [first, second, third] = sent.map((headers) => headers["idempotency-key"]);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test("what failed while the server was away is asked for when any request finds it again", async () => {
  answer.mockReturnValue("refused");
  const failing = queryClient.prefetchQuery({ queryKey: ["failed"], queryFn: () => api.get("/api/prompts") });
  await vi.advanceTimersByTimeAsync(1_000);
  await failing;
  queryClient.setQueryData(["fine"], 1);
  answer.mockImplementation(ok);
  await api.get("/health");
  expect(queryClient.getQueryState(["failed"])?.isInvalidated).toBe(true);
  expect(queryClient.getQueryState(["fine"])?.isInvalidated).toBe(false);
});

test("nothing of one team stays for another; a colleague's key reads anew", () => {
  adoptKey(keyOf("pl_a", "team_a"));
  queryClient.setQueryData(["theirs"], 1);
  adoptKey(keyOf("pl_b", "team_a"));
  expect(queryClient.getQueryState(["theirs"])).toMatchObject({ data: 1, isInvalidated: true });
  adoptKey(keyOf("pl_c", "team_b"));
  expect(queryClient.getQueryState(["theirs"])).toBeUndefined();
});

test("only the key in use can be refused", async () => {
  adoptKey(keyOf("pl_a", "team_a"));
  const refusal = () => Response.json({ status: 401, code: "unauthenticated", detail: "no", request_id: "req_1" }, { status: 401 });
  answer.mockImplementation(refusal);
  await expect(api.get("/api/me", { key: "pl_other" })).rejects.toMatchObject({ status: 401 });
  expect(currentSession().refused).toBe(false);
  await expect(api.get("/api/me")).rejects.toMatchObject({ status: 401, requestId: "req_1" });
  expect(currentSession().refused).toBe(true);
});
