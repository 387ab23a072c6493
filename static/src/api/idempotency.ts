/**
 * A thing is asked for under one `Idempotency-Key` until the server has said what became of it. Whoever clicks again after
 * an answer that was lost asks for the same thing, and no second one is made.
 */
import { ApiError } from "./errors";

/** A second click comes soon; what is asked for later is meant anew. */
const MEANT_ANEW_MS = 5 * 60_000;

interface Asked {
  key: string;
  at: number;
}

const open = new Map<string, Asked>();

/** Calls `send` with the key under which `request` was asked for already, if nobody knows what became of that. */
export async function once<T>(request: string, send: (key: string) => Promise<T>): Promise<T> {
  const before = open.get(request);
  const asked = before && Date.now() - before.at < MEANT_ANEW_MS ? before : { key: crypto.randomUUID(), at: Date.now() };
  open.set(request, asked);
  try {
    const made = await send(asked.key);
    open.delete(request);
    return made;
  } catch (error) {
    if (isRefusal(error)) open.delete(request);
    throw error;
  }
}

/** Whether nothing was made for certain. A 409 that says when to come back is about a first request that still runs. */
const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.status >= 400 && error.status < 500 && !(error.status === 409 && error.retryAfter !== null);
