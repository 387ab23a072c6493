/**
 * The one way to the API: same origin, the active key, problems as {@link ApiError}.
 *
 *     const prompt = await api.get<Prompt>(apiPath`/api/prompts/${name}`);
 *     const made = await api.create<Prompt>("/api/prompts", { name });
 */
import { noteReachable } from "./connection";
import { errorFrom, unreachable } from "./errors";
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
}

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
export async function send(method: string, path: string, body?: unknown, { query, signal, key, headers, keepalive = false }: Options = {}): Promise<Response> {
  const used = key ?? currentKey();
  const init: RequestInit = {
    method,
    headers: {
      ...(used ? { authorization: `Bearer ${used}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
    keepalive,
    cache: "no-store",
    credentials: "omit",
  };
  const response = await fetch(withQuery(path, query), init).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    noteReachable(false);
    throw unreachable(cause);
  });
  noteReachable(true);
  if (response.ok) return response;
  const error = await errorFrom(response);
  if (error.status === 401 && used && !key) refuse(used);
  throw error;
}

async function json<T>(method: string, path: string, body?: unknown, options?: Options): Promise<T> {
  const response = await send(method, path, body, options);
  return (response.status === 204 ? null : await response.json()) as T;
}

export const api = {
  get: <T>(path: string, options?: Options) => json<T>("GET", path, undefined, options),
  /** What creates something: a repetition after a lost answer makes no second one. */
  create: <T>(path: string, body: unknown, options: Options = {}) =>
    json<T>("POST", path, body, { ...options, headers: { "idempotency-key": crypto.randomUUID(), ...options.headers } }),
  /** A POST that may be repeated as it is. */
  post: <T>(path: string, body: unknown, options?: Options) => json<T>("POST", path, body, options),
  put: <T>(path: string, body: unknown, options?: Options) => json<T>("PUT", path, body, options),
  patch: <T>(path: string, body: unknown, options?: Options) => json<T>("PATCH", path, body, options),
  delete: <T = null>(path: string, options?: Options) => json<T>("DELETE", path, undefined, options),
};
