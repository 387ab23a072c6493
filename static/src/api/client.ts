/**
 * The one way to the API: same origin, the active key, problems as {@link ApiError}.
 *
 *     const prompt = await api.get<Prompt>(apiPath`/api/prompts/${name}`);
 *     const made = await api.create<Prompt>("/api/prompts", { name });
 */
import { noteReachable } from "./connection";
import { errorFrom, silent, unreachable } from "./errors";
import { once } from "./idempotency";
import { currentKey, refuse } from "./session";

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

interface Options {
  query?: Query | undefined;
  signal?: AbortSignal | undefined;
  /** Another key than the active one. */
  key?: string | undefined;
  headers?: Record<string, string> | undefined;
  /** Let it reach the server although the page is being left. */
  keepalive?: boolean | undefined;
  /** The answer is read bit by bit, for as long as it takes: only its beginning is waited for. */
  streamed?: boolean | undefined;
}

/** How long an answer is waited for: longer than the server itself waits for anything. */
const PATIENCE_MS = 30_000;
/** The same for the beginning of an answer that is read bit by bit: a model may be asked before it. */
const STREAM_PATIENCE_MS = 60_000;

/** A path whose parts are encoded. */
export function apiPath(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(value)));
}

/** The path with a query string; empty and absent values stay out. */
export function withQuery(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

/** Sends a request and gives the response, whatever kind it is, if it is a success. */
export async function send(method: string, path: string, body?: unknown, { query, signal, key, headers, keepalive = false, streamed = false }: Options = {}): Promise<Response> {
  const used = key ?? currentKey();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), streamed ? STREAM_PATIENCE_MS : PATIENCE_MS);
  const init: RequestInit = {
    method,
    headers: {
      ...(used ? { authorization: `Bearer ${used}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: signal ? AbortSignal.any([signal, patience.signal]) : patience.signal,
    keepalive,
    cache: "no-store",
    credentials: "omit",
  };
  const response = await fetch(withQuery(path, query), init).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    noteReachable(false);
    throw patience.signal.aborted ? silent(cause) : unreachable(cause);
  });
  if (streamed) clearTimeout(timer);
  noteReachable(true);
  if (response.ok) return response;
  const error = await errorFrom(response);
  if (error.status === 401 && used && !key) refuse(used);
  throw error;
}

async function json<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
  const response = await send(method, path, body, options);
  if (response.status === 204) return null as T;
  const text = await response.text().catch((cause: unknown) => {
    if (options.signal?.aborted) throw cause;
    noteReachable(false);
    throw unreachable(cause);
  });
  return JSON.parse(text) as T;
}

export const api = {
  get: <T>(path: string, options?: Options) => json<T>("GET", path, undefined, options),
  /** What creates something: a repetition after a lost answer makes no second one. */
  create: <T>(path: string, body: unknown, options: Options = {}) =>
    once(JSON.stringify([options.key ?? currentKey(), path, body]), (key) => json<T>("POST", path, body, { ...options, headers: { "idempotency-key": key, ...options.headers } })),
  /** A POST that may be repeated as it is. */
  post: <T>(path: string, body: unknown, options?: Options) => json<T>("POST", path, body, options),
  put: <T>(path: string, body: unknown, options?: Options) => json<T>("PUT", path, body, options),
  patch: <T>(path: string, body: unknown, options?: Options) => json<T>("PATCH", path, body, options),
  delete: <T = null>(path: string, options?: Options) => json<T>("DELETE", path, undefined, options),
};
