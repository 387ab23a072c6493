/** What the settings read and change. */
import { queryOptions } from "@tanstack/react-query";
import { api, apiPath } from "@/api/client";
import { listQuery } from "@/api/queries";
import { queryClient } from "@/api/query-client";
import type { AuditEntry, Key, KeyWithSecret, NewKey, NewTeam, Provider, ProviderInput, RotatedKey, Team, TeamSettings, TeamWithKey } from "@/api/types";

const refresh = (path: string): Promise<void> => queryClient.invalidateQueries({ queryKey: [path] });

const KEYS = "/api/keys";
/** The newest first. */
export const keysQuery = () => listQuery<Key>(KEYS, { limit: 100 });
export const createKey = (key: NewKey): Promise<KeyWithSecret> => api.create<KeyWithSecret>(KEYS, key);
export const rotateKey = (id: string, graceSeconds: number): Promise<RotatedKey> => api.create<RotatedKey>(apiPath`/api/keys/${id}/rotate`, { grace_seconds: graceSeconds });
export const revokeKey = (id: string): Promise<unknown> => api.delete(apiPath`/api/keys/${id}`);
export const refreshKeys = (): Promise<void> => refresh(KEYS);

const PROVIDERS = "/api/providers";
export const providersQuery = () => listQuery<Provider>(PROVIDERS, { limit: 100 });
export const setProvider = (name: string, input: ProviderInput): Promise<Provider> => api.put<Provider>(apiPath`/api/providers/${name}`, input);
export const forgetProvider = (name: string): Promise<unknown> => api.delete(apiPath`/api/providers/${name}`);
export const refreshProviders = (): Promise<void> => refresh(PROVIDERS);

const TEAMS = "/api/teams";
export const teamsQuery = () => listQuery<Team>(TEAMS, { limit: 100 });
export const createTeam = (team: NewTeam): Promise<TeamWithKey> => api.create<TeamWithKey>(TEAMS, team);
export const refreshTeams = (): Promise<void> => refresh(TEAMS);

const TEAM_SETTINGS = "/api/team/settings";
/** Read anew whenever it is looked at: another admin may have changed them, and whoever saves replaces the whole. */
export const teamSettingsQuery = () => queryOptions({ queryKey: [TEAM_SETTINGS], queryFn: ({ signal }) => api.get<TeamSettings>(TEAM_SETTINGS, { signal }), staleTime: 0 });
/** As they are stored now; whoever shows them shows these from then on. */
export const readTeamSettings = (): Promise<TeamSettings> => queryClient.fetchQuery(teamSettingsQuery());
export async function saveTeamSettings(settings: TeamSettings): Promise<TeamSettings> {
  const saved = await api.put<TeamSettings>(TEAM_SETTINGS, settings);
  // An answer that is still under way may say what was before.
  await queryClient.cancelQueries({ queryKey: [TEAM_SETTINGS] });
  queryClient.setQueryData(teamSettingsQuery().queryKey, saved);
  return saved;
}

export interface AuditFilters {
  resource: string;
  actor: string;
  /** Days, as the reader counts them: 2026-11-21. */
  from: string;
  to: string;
}

export const AUDIT_FILTERS: AuditFilters = { resource: "", actor: "", from: "", to: "" };

export function auditQuery({ resource, actor, from, to }: AuditFilters) {
  return listQuery<AuditEntry>("/api/audit", { resource: resource.trim(), actor: actor.trim(), from: startOf(from), to: startOf(to, 1), limit: 50 });
}

/** When a day begins where the reader is, `later` days on; undefined for what is no day. */
export function startOf(day: string, later = 0): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  if (!year || !month || !date) return undefined;
  const start = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return Number.isNaN(start.getTime()) ? undefined : start.toISOString();
}
