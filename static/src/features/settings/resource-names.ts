import { useQuery } from "@tanstack/react-query";
import { api, type Page } from "@/api/client";
import type { AuditEntry } from "@/api/types";

interface Named {
  id: string;
  name: string;
}

/** The kinds of resource whose entries may not say their name, and the list that does. */
const LISTS: Record<string, string> = { prm_: "/api/prompts", exp_: "/api/experiments", can_: "/api/canaries", key_: "/api/keys", col_: "/api/collections" };

/** The names that entries give themselves: the newest counts. */
export function namesIn(entries: readonly AuditEntry[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { resource, detail } of entries.toReversed()) {
    const name = typeof detail === "object" && detail !== null && "name" in detail ? detail.name : null;
    if (typeof name === "string" && name !== "") names.set(resource, name);
  }
  return names;
}

/** The kinds among these entries of which some stand there without a name. */
export const namelessKinds = (entries: readonly AuditEntry[], names: ReadonlyMap<string, string>): string[] =>
  Object.keys(LISTS).filter((kind) => entries.some(({ resource }) => resource.startsWith(kind) && !names.has(resource)));

/** What the resources of these entries are called today, as far as the newest 200 of a kind tell. */
export function useResourceNames(entries: readonly AuditEntry[]): ReadonlyMap<string, string> {
  const known = namesIn(entries);
  const kinds = namelessKinds(entries, known);
  const { data } = useQuery({
    queryKey: ["/api/audit", "names", kinds],
    queryFn: async ({ signal }) => {
      const lists = kinds.map((kind) => api.get<Page<Named>>(LISTS[kind] ?? "", { query: { limit: 200 }, signal }));
      // A list that cannot be read leaves its ids as they are.
      const read = await Promise.allSettled(lists);
      return read.flatMap((list) => (list.status === "fulfilled" ? list.value.data : []));
    },
    enabled: kinds.length > 0,
    staleTime: 60_000,
  });
  const today = (data ?? []).filter(({ name }) => name !== "").map(({ id, name }) => [id, name] as const);
  return new Map([...known, ...today]);
}
