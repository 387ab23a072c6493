/** What loaders and pages share: each query is defined once, so that both mean the same cache entry. Here are those of several features. */
import { infiniteQueryOptions, keepPreviousData, type QueryKey, queryOptions } from "@tanstack/react-query";
import { api, apiPath, type Page, type Query } from "./client";
import { queryClient } from "./query-client";
import { currentKey } from "./session";
import type { Prompt, Version } from "./types";

/** A list that is read page by page with its cursor. */
export function listQuery<T>(path: string, query: Query = {}, key: QueryKey = [path]) {
  return infiniteQueryOptions({
    queryKey: [...key, "list", query],
    queryFn: ({ pageParam, signal }) => api.get<Page<T>>(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

/** For loaders: begins to fetch without holding the navigation up. Errors are the page's to show, and so is a missing key. */
export function prefetch(...queries: { queryKey: QueryKey }[]): null {
  if (currentKey() === null) return null;
  for (const query of queries) {
    if ("initialPageParam" in query) void queryClient.prefetchInfiniteQuery(query);
    else void queryClient.prefetchQuery(query);
  }
  return null;
}

const PROMPTS = "/api/prompts";

/** A prompt by its name or id; nothing is asked for while there is none. */
export const promptQuery = (prompt: string) =>
  queryOptions({ queryKey: [PROMPTS, prompt], queryFn: ({ signal }) => api.get<Prompt>(apiPath`/api/prompts/${prompt}`, { signal }), enabled: prompt !== "" });

/** One version by number or id. A version never changes. */
export const versionQuery = (prompt: string, version: string | number) =>
  queryOptions({
    queryKey: [PROMPTS, prompt, "version", String(version)],
    queryFn: ({ signal }) => api.get<Version>(apiPath`/api/prompts/${prompt}/versions/${version}`, { signal }),
    staleTime: version === "latest" ? 0 : Infinity,
  });

/** Prompts to choose from: those whose name or description holds `search`. */
export const promptChoicesQuery = (search: string) =>
  queryOptions({
    queryKey: [PROMPTS, "choices", search],
    queryFn: ({ signal }) => api.get<Page<Prompt>>(PROMPTS, { query: { search, limit: 30 }, signal }),
    placeholderData: keepPreviousData,
  });
