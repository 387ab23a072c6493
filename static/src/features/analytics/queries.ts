/** What analytics reads. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Page } from "@/api/client";
import type { Costs, FeedbackStatistics, Latency, Overview, Timeseries, Versions } from "./model";

/** Which traffic, and when. */
export interface Scope {
  from: string;
  to: string;
  time_zone: string;
  prompt_id?: string | undefined;
  environment?: string | undefined;
  /** Of a time series; without it the API chooses. */
  interval?: string | undefined;
}

const EVERY_MS = 60_000;

function scoped<T>(what: string, scope: Scope, group_by?: string) {
  return queryOptions({
    queryKey: ["/api/analytics", what, scope, group_by ?? ""],
    queryFn: ({ signal }) => api.get<T>(`/api/analytics/${what}`, { query: { ...scope, group_by }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
    gcTime: EVERY_MS,
  });
}

export const overviewQuery = (scope: Scope) => scoped<Overview>("overview", scope);
export const timeseriesQuery = (scope: Scope, groupBy?: string) => scoped<Timeseries>("timeseries", scope, groupBy);
export const latencyQuery = (scope: Scope) => scoped<Latency>("latency", scope);
export const costsQuery = (scope: Scope, groupBy: string) => scoped<Costs>("costs", scope, groupBy);
export const analyticsVersionsQuery = (scope: Scope) => scoped<Versions>("versions", scope);

/** Ratings know neither environments nor zones. */
export const ratingsQuery = ({ from, to, prompt_id }: Scope) =>
  queryOptions({
    queryKey: ["/api/feedback/stats", { from, to, prompt_id }],
    queryFn: ({ signal }) => api.get<FeedbackStatistics>("/api/feedback/stats", { query: { from, to, prompt_id }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
    gcTime: EVERY_MS,
  });

/** What experiments are called. */
export const experimentNamesQuery = queryOptions({
  queryKey: ["/api/experiments", "names"],
  queryFn: async ({ signal }) => {
    const { data } = await api.get<Page<{ id: string; name: string; prompt_name: string }>>("/api/experiments", { query: { limit: 200 }, signal });
    return new Map(data.map(({ id, name, prompt_name }) => [id, name || prompt_name]));
  },
  staleTime: EVERY_MS,
});
