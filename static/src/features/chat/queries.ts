/** What chat reads. */
import { queryOptions } from "@tanstack/react-query";
import { api, apiPath } from "@/api/client";
import { queryClient } from "@/api/query-client";
import type { ConversationWithMessages, Environment, Version } from "@/api/types";

export const CONVERSATIONS = "/api/conversations";

export const conversationQuery = (id: string) =>
  queryOptions({ queryKey: [CONVERSATIONS, id], queryFn: ({ signal }) => api.get<ConversationWithMessages>(apiPath`/api/conversations/${id}`, { signal }) });

/** Lists and conversations are read anew. */
export const refreshConversations = (): Promise<void> => queryClient.invalidateQueries({ queryKey: [CONVERSATIONS] });

export { promptChoicesQuery, promptQuery } from "@/api/queries";

/** What is live in an environment, for its variables and its model. */
export const liveVersionQuery = (prompt: string, environment: Environment) =>
  queryOptions({
    queryKey: ["/api/prompts", prompt, "live", environment],
    queryFn: ({ signal }) => api.get<Version>(apiPath`/api/prompts/${prompt}/versions/${environment}`, { signal }),
  });

/** A version by its id never changes. */
export const versionQuery = (prompt: string, version: string) =>
  queryOptions({
    queryKey: ["/api/prompts", prompt, "version", version],
    queryFn: ({ signal }) => api.get<Version>(apiPath`/api/prompts/${prompt}/versions/${version}`, { signal }),
    staleTime: Infinity,
  });

/** The models that the team can name, without the prompts that OpenAI's clients see among them. */
export const modelsQuery = queryOptions({
  queryKey: ["/v1/models"],
  queryFn: async ({ signal }) => {
    const { data } = await api.get<{ data: { id: string }[] }>("/v1/models", { signal });
    return data.map(({ id }) => id).filter((id) => !id.startsWith("prompt:"));
  },
  staleTime: 60_000,
});
