/** The conversations of the team. */
import { api, apiPath } from "@/api/client";
import { listQuery } from "@/api/queries";
import { queryClient } from "@/api/query-client";
import type { Conversation } from "@/api/types";

const ROOT = "/api/conversations";

/** The latest first. */
export const conversationsQuery = (search: string) => listQuery<Conversation>(ROOT, { search, limit: 30 });

export const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: [ROOT] });

export const rename = (id: string, title: string): Promise<Conversation> => api.patch<Conversation>(apiPath`/api/conversations/${id}`, { title });

/** With the key that deleted it: by then another one may be in use. `leaving`: the page is being left. */
export const remove = (id: string, { key, leaving }: { key: string; leaving: boolean }): Promise<unknown> => api.delete(apiPath`/api/conversations/${id}`, { key, keepalive: leaving });
