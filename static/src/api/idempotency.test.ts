import { afterEach, expect, test, vi } from "vitest";
import { ApiError } from "./errors";
import { once } from "./idempotency";

afterEach(() => vi.useRealTimers());

const failure = (status: number, retryAfter: number | null = null) => new ApiError({ status, code: "", detail: "", requestId: null, retryAfter });

/** The keys that `request` is sent with when its answers are these, one after the other. */
async function keysOf(request: string, ...answers: (ApiError | "made")[]): Promise<string[]> {
  const keys: string[] = [];
  for (const answer of answers) {
    const asked = once(request, (key) => {
      keys.push(key);
      return answer === "made" ? Promise.resolve(answer) : Promise.reject(answer);
    });
    await asked.catch(() => undefined);
  }
  return keys;
}

test.each([
  ["a lost answer", failure(0)],
  ["a server that failed", failure(503)],
  ["a first request that still runs", failure(409, 1)],
])("%s: asking again is asking for the same", async (what, error) => {
  const [first, second, third] = await keysOf(what, error, "made", "made");
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test.each([["a refusal", failure(422)], ["a conflict", failure(409)]])("after %s another key is used", async (what, error) => {
  const [first, second] = await keysOf(what, error, "made");
  expect(second).not.toBe(first);
});

test("another body is another thing, and so is what is asked for much later", async () => {
  vi.useFakeTimers();
  const [first] = await keysOf("body 1", failure(0));
  const [other] = await keysOf("body 2", failure(0));
  expect(other).not.toBe(first);
  vi.advanceTimersByTime(6 * 60_000);
  const [later] = await keysOf("body 1", "made");
  expect(later).not.toBe(first);
});
