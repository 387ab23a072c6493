/** What loaders and pages share: each query is defined once, so that both mean the same cache entry. */
import { infiniteQueryOptions, keepPreviousData, type QueryKey, queryOptions } from "@tanstack/react-query";
import { api, apiPath, type Page, type Query } from "./client";
import { queryClient } from "./query-client";
import { currentKey } from "./session";
import type { Prompt } from "./types";

/** A list that is read page by page with its cursor. */
export function listQuery<T>(path: string, query: Query = {}, key: QueryKey = [path]) {
  return infiniteQueryOptions({
    queryKey: [...key, "list", query],
    queryFn: ({ pageParam, signal }) => api.get<Page<T>>(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

/** A prompt by its name or id. */
export const promptQuery = (name: string) =>
  queryOptions({ queryKey: ["/api/prompts", name], queryFn: ({ signal }) => api.get<Prompt>(apiPath`/api/prompts/${name}`, { signal }), enabled: name !== "" });

/** Prompts to choose from while a name is typed. */
export const promptChoicesQuery = (search: string) =>
  queryOptions({
    queryKey: ["/api/prompts", "choices", search],
    queryFn: ({ signal }) => api.get<Page<Prompt>>("/api/prompts", { query: { search, limit: 30 }, signal }),
    placeholderData: keepPreviousData,
  });

/** For loaders: begins to fetch without holding the navigation up. Errors are the page's to show, and so is a missing key. */
export function prefetch(...queries: { queryKey: QueryKey }[]): null {
  if (currentKey() === null) return null;
  for (const query of queries) {
    if ("initialPageParam" in query) void queryClient.prefetchInfiniteQuery(query);
    else void queryClient.prefetchQuery(query);
  }
  return null;
}
