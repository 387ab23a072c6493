/** What the pages of prompts read and change. */
import { queryOptions } from "@tanstack/react-query";
import { api, apiPath, type Page } from "@/api/client";
import { listQuery } from "@/api/queries";
import { queryClient } from "@/api/query-client";
import type { Collection, CreatedVersion, Environment, ExperimentSummary, NewVersion, PointerMove, PointerMoved, Prompt, Tag, Version } from "@/api/types";

export { promptQuery, versionQuery } from "@/api/queries";

const ROOT = "/api/prompts";
const COLLECTIONS = "/api/collections";

export interface PromptFilters {
  search: string;
  collection: string;
  tag: string;
  archived: string;
  sort: string;
  order: string;
}

export const PROMPT_FILTERS: PromptFilters = { search: "", collection: "", tag: "", archived: "", sort: "updated_at", order: "desc" };

export function promptsQuery({ search, collection, tag, archived, sort, order }: PromptFilters) {
  return listQuery<Prompt>(ROOT, { search, collection_id: collection, tag, archived, sort, order, limit: 50 });
}

/** The newest first, with their content. */
export const versionsQuery = (name: string) => listQuery<Version>(apiPath`/api/prompts/${name}/versions`, { limit: 50 }, [ROOT, name, "versions"]);

export const historyQuery = (name: string, environment: string) =>
  listQuery<PointerMove>(apiPath`/api/prompts/${name}/history`, { environment, limit: 50 }, [ROOT, name, "history"]);

/** The experiment that decides what this environment gets, also while it is paused or killed. There is one at most. */
export const ongoingExperimentQuery = (prompt: string, environment: Environment) =>
  queryOptions({
    queryKey: ["/api/experiments", "ongoing", prompt, environment],
    queryFn: async ({ signal }) => {
      const { data } = await api.get<Page<ExperimentSummary>>("/api/experiments", { query: { prompt_id: prompt, limit: 50 }, signal });
      return data.find((experiment) => experiment.environment === environment && experiment.status !== "stopped") ?? null;
    },
    staleTime: 0,
  });

/** All of them, as far as a list to choose from can be long. */
export const collectionsQuery = queryOptions({
  queryKey: [COLLECTIONS],
  queryFn: ({ signal }) => api.get<Page<Collection>>(COLLECTIONS, { query: { limit: 200 }, signal }),
  staleTime: 60_000,
});

const TAGS = "/api/tags";

/** All tags, as far as a list to choose from can be long; of archived prompts or of those in use. */
export const tagsQuery = (archived: string) =>
  queryOptions({
    queryKey: [TAGS, archived],
    queryFn: ({ signal }) => api.get<Page<Tag>>(TAGS, { query: { archived, limit: 200 }, signal }),
  });

/** What is shown of a prompt, and the lists it is in, is read anew. */
export async function refreshPrompts(): Promise<void> {
  await Promise.all([queryClient.invalidateQueries({ queryKey: [ROOT], predicate: ({ queryKey }) => queryKey[2] !== "version" }), queryClient.invalidateQueries({ queryKey: [TAGS] })]);
}

const refreshCollections = (): Promise<void> => queryClient.invalidateQueries({ queryKey: [COLLECTIONS] });

export async function createCollection(name: string, description = ""): Promise<void> {
  await api.create<Collection>(COLLECTIONS, { name, description });
  await refreshCollections();
}

export async function renameCollection(id: string, name: string): Promise<void> {
  await api.patch<Collection>(apiPath`/api/collections/${id}`, { name });
  await refreshCollections();
}

/** One with prompts is refused, unless they are archived with it. */
export async function deleteCollection(id: string, prompts: "refuse" | "archive"): Promise<void> {
  await api.delete(apiPath`/api/collections/${id}`, prompts === "archive" ? { query: { cascade: true } } : {});
  await Promise.all([refreshCollections(), refreshPrompts()]);
}

export const createVersion = (name: string, version: NewVersion): Promise<CreatedVersion> => api.create<CreatedVersion>(apiPath`/api/prompts/${name}/versions`, version);

export interface Move {
  name: string;
  environment: Environment;
  versionId: string;
  justification?: string | undefined;
  /** The revision that was seen: somebody else's move in between is refused. */
  expectedRevision?: number | undefined;
}

function moveBody({ environment, justification, expectedRevision }: Move) {
  return { environment, ...(justification?.trim() ? { justification: justification.trim() } : {}), ...(expectedRevision === undefined ? {} : { expected_revision: expectedRevision }) };
}

export const promote = (move: Move): Promise<PointerMoved> => api.create<PointerMoved>(apiPath`/api/prompts/${move.name}/promote`, { ...moveBody(move), version_id: move.versionId });

export const rollBack = (move: Move): Promise<PointerMoved> => api.create<PointerMoved>(apiPath`/api/prompts/${move.name}/rollback`, { ...moveBody(move), target_version_id: move.versionId });

export const archive = (name: string): Promise<unknown> => api.delete(apiPath`/api/prompts/${name}`);
export const restore = (name: string): Promise<unknown> => api.create(apiPath`/api/prompts/${name}/restore`, undefined);
