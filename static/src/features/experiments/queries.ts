/** What the pages of experiments and canaries read and change. */
import { queryOptions } from "@tanstack/react-query";
import { api, apiPath, type Page } from "@/api/client";
import { listQuery } from "@/api/queries";
import { queryClient } from "@/api/query-client";
import type { Version } from "@/api/types";
import type { Assignment, CanarySummary, Experiment, ExperimentSummary, MainSwitch, MainSwitchState, Results, WatchedCanary } from "./model";

const ROOT = "/api/experiments";
const CANARIES = "/api/canaries";
/** Results change by the minute. */
const WATCH_MS = 15_000;

export interface TrialFilters {
  status: string;
  prompt: string;
}

export const experimentsQuery = ({ status, prompt }: TrialFilters) => listQuery<ExperimentSummary>(ROOT, { status, prompt_id: prompt, limit: 50 });
export const canariesQuery = ({ status, prompt }: TrialFilters) => listQuery<CanarySummary>(CANARIES, { status, prompt_id: prompt, limit: 50 });

export const experimentQuery = (id: string) =>
  queryOptions({ queryKey: [ROOT, id], queryFn: ({ signal }) => api.get<Experiment>(apiPath`/api/experiments/${id}`, { signal }), refetchInterval: WATCH_MS });

export const resultsQuery = (id: string) =>
  queryOptions({ queryKey: [ROOT, id, "results"], queryFn: ({ signal }) => api.get<Results>(apiPath`/api/experiments/${id}/results`, { signal }), refetchInterval: WATCH_MS });

export const assignmentQuery = (id: string, user: string, revision: number) =>
  queryOptions({
    queryKey: [ROOT, id, "assignment", user, revision],
    queryFn: ({ signal }) => api.get<Assignment>(apiPath`/api/experiments/${id}/assignment`, { query: { user_id: user }, signal }),
    enabled: user !== "",
  });

export const canaryQuery = (id: string) =>
  queryOptions({ queryKey: [CANARIES, id], queryFn: ({ signal }) => api.get<WatchedCanary>(apiPath`/api/canaries/${id}`, { signal }), refetchInterval: WATCH_MS });

/** The newest versions, as far as a list to choose from can be long. */
export const versionChoicesQuery = (name: string) =>
  queryOptions({
    queryKey: ["/api/prompts", name, "choices"],
    queryFn: ({ signal }) => api.get<Page<Version>>(apiPath`/api/prompts/${name}/versions`, { query: { limit: 200 }, signal }),
    enabled: name !== "",
  });

/** Everything that shows experiments or canaries is read anew; and prompts, whose pointers a winner moves. */
export async function refreshTrials(): Promise<void> {
  await Promise.all([ROOT, CANARIES, "/api/prompts"].map((root) => queryClient.invalidateQueries({ queryKey: [root] })));
}

export const createExperiment = (prompt: string, body: unknown): Promise<Experiment> => api.create<Experiment>(apiPath`/api/prompts/${prompt}/experiments`, body);
export const createCanary = (prompt: string, body: unknown): Promise<CanarySummary> => api.create<CanarySummary>(apiPath`/api/prompts/${prompt}/canary`, body);
export const changeExperiment = (id: string, body: unknown): Promise<Experiment> => api.patch<Experiment>(apiPath`/api/experiments/${id}`, body);

export type ExperimentAction = "kill" | "pause" | "resume" | "stop";
export const actOnExperiment = (id: string, action: ExperimentAction, body: unknown = {}): Promise<Experiment> => api.post<Experiment>(apiPath`/api/experiments/${id}/${action}`, body);

export type CanaryAction = "promote" | "rollback" | "pause" | "resume";
export const actOnCanary = (id: string, action: CanaryAction, body: unknown = {}): Promise<CanarySummary> => api.post<CanarySummary>(apiPath`/api/canaries/${id}/${action}`, body);

export const mainSwitchQuery = () =>
  queryOptions({ queryKey: [ROOT, "main-switch"], queryFn: ({ signal }) => api.get<MainSwitchState>("/api/experiments/main-switch", { signal }), refetchInterval: WATCH_MS });

export const turnMainSwitch = (to: "kill-all" | "resume-all"): Promise<MainSwitch> => api.post<MainSwitch>(apiPath`/api/experiments/${to}`, {});
