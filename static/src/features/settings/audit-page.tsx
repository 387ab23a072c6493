import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useDeferredValue } from "react";
import { Link } from "react-router";
import type { AuditEntry } from "@/api/types";
import { useSearchState } from "@/lib/search-state";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Field, Input } from "@/ui/field";
import { LoadMore } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { AUDIT_FILTERS, type AuditFilters, auditQuery } from "./queries";
import { useResourceNames } from "./resource-names";
import { AdminsOnly, SettingsFrame } from "./settings-frame";

/** Who did what. */
export function AuditPage() {
  return (
    <SettingsFrame title="Audit log">
      <AdminsOnly what="Audit logs">
        <AuditLog />
      </AdminsOnly>
    </SettingsFrame>
  );
}

function AuditLog() {
  const [state, set] = useSearchState({ ...AUDIT_FILTERS });
  const list = useInfiniteQuery({ ...auditQuery(useDeferredValue(state)), placeholderData: keepPreviousData });
  const entries = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const names = useResourceNames(entries);
  const isFiltered = Object.values(state).some((value) => value !== "");
  return (
    <>
      <Filters state={state} set={set} />
      {list.isPending && <SkeletonRows label="Loading the audit log" />}
      {list.isError && !list.data && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && entries.length === 0 && (
        <EmptyState icon={ScrollText} title={isFiltered ? "Nothing matches" : "Nothing has happened yet"} action={isFiltered ? <Button onClick={() => set({ ...AUDIT_FILTERS })}>Clear the filters</Button> : undefined}>
          {isFiltered ? "Resources are found by their id, people by their name or id." : "Whatever is changed by a person stands here, with who, when and what."}
        </EmptyState>
      )}
      {entries.length > 0 && (
        <div aria-busy={list.isPlaceholderData} className={list.isPlaceholderData ? "opacity-60 transition-opacity delay-200" : ""}>
          <DataTable label="Audit log" columns={columns(names, (resource) => set({ resource }))} rows={entries} rowKey={({ id }) => id} />
          <LoadMore shown={entries.length} noun="change" query={list} />
        </div>
      )}
    </>
  );
}

interface FiltersProps {
  state: AuditFilters;
  set: (changes: Partial<AuditFilters>, options?: { typing?: boolean }) => void;
}

function Filters({ state, set }: FiltersProps) {
  return (
    <div role="search" className="mb-3 grid grid-cols-2 items-end gap-2 md:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_10rem_10rem]">
      <SearchField label="Resource" placeholder="A resource’s id: prm_…, key_…  ( / )" value={state.resource} onSearch={(resource) => set({ resource }, { typing: true })} className="max-md:col-span-2" />
      <SearchField label="By whom" placeholder="By whom: name or id" value={state.actor} onSearch={(actor) => set({ actor }, { typing: true })} className="max-md:col-span-2" />
      <Field label="From">{(control) => <Input {...control} type="date" value={state.from} max={state.to || undefined} onChange={(event) => set({ from: event.target.value })} />}</Field>
      <Field label="To">{(control) => <Input {...control} type="date" value={state.to} min={state.from || undefined} onChange={(event) => set({ to: event.target.value })} />}</Field>
    </div>
  );
}

/** The page of a resource, if it has one. */
function addressOf(resource: string): string | null {
  if (resource.startsWith("prm_")) return paths.prompt(resource);
  if (resource.startsWith("exp_")) return paths.experiment(resource);
  if (resource.startsWith("can_")) return paths.canary(resource);
  return null;
}

function columns(names: ReadonlyMap<string, string>, onResource: (resource: string) => void): Column<AuditEntry>[] {
  return [
    { key: "at", title: "When", cell: ({ at }) => <RelativeTime time={at} className="text-muted" /> },
    {
      key: "actor",
      title: "Who",
      wideOnly: true,
      cell: (entry) => <Who entry={entry} />,
    },
    {
      key: "action",
      title: "What",
      cell: (entry) => (
        <div className="min-w-0">
          <code className="font-mono text-sm">{entry.action}</code>
          <div className="flex flex-col gap-1 md:hidden">
            <Who entry={entry} />
            <Resource resource={entry.resource} name={names.get(entry.resource)} onResource={onResource} />
          </div>
          <Detail detail={entry.detail} requestId={entry.request_id} />
        </div>
      ),
    },
    {
      key: "resource",
      title: "Resource",
      wideOnly: true,
      cell: ({ resource }) => <Resource resource={resource} name={names.get(resource)} onResource={onResource} />,
    },
  ];
}

/** Its name, which narrows the list to it, its id to copy, and its page. */
function Resource({ resource, name, onResource }: { resource: string; name: string | undefined; onResource: (resource: string) => void }) {
  const address = addressOf(resource);
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <button type="button" onClick={() => onResource(resource)} title={`${resource}: show only this resource`} className={`min-h-6 text-start wrap-anywhere hover:underline ${name ? "text-sm" : "font-mono text-xs"}`}>
        <bdi>{name ?? resource}</bdi>
      </button>
      {name && <CopyButton text={resource} label={`Copy the id ${resource}`} className="size-6!" />}
      {address && (
        <Link to={address} className="link inline-flex min-h-6 min-w-6 items-center text-xs">
          Open
        </Link>
      )}
    </span>
  );
}

const Who = ({ entry: { user_name: user, user_id: id, key_name: key } }: { entry: AuditEntry }) => (
  <div className="min-w-0 text-sm">
    <span dir="auto" className="wrap-anywhere">
      {user ?? id}
    </span>
    <div dir="auto" className="wrap-anywhere text-muted">
      {key ? `key ${key}` : id ? "set-up" : "by itself"}
    </div>
  </div>
);

/** What changed, on demand. */
function Detail({ detail, requestId }: { detail: unknown; requestId: string | null }) {
  const isEmpty = detail === null || detail === undefined || (typeof detail === "object" && Object.keys(detail).length === 0);
  if (isEmpty && !requestId) return null;
  return (
    <details className="text-sm">
      <summary className="w-fit cursor-pointer py-0.5 text-muted hover:text-ink">Details</summary>
      <div className="mt-1 max-w-md rounded-md bg-sunken p-2">
        {!isEmpty && <pre className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">{JSON.stringify(detail, null, 2)}</pre>}
        {requestId && <p className="font-mono text-xs wrap-anywhere text-muted">request {requestId}</p>}
      </div>
    </details>
  );
}
