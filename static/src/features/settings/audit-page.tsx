import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, ScrollText } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Link } from "react-router";
import type { AuditEntry } from "@/api/types";
import { useSearchState } from "@/lib/search-state";
import { paths } from "@/paths";
import { useRowKeys } from "@/shell/row-keys";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Field, Input } from "@/ui/field";
import { LoadMore } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { type Sentence, sentenceOf, versionNumbers } from "./audit-sentence";
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
  const current = useRowKeys(entries, ({ id }) => id, ({ resource }) => addressOf(resource));
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
          <DataTable label="Audit log" columns={columns({ names, numbers: versionNumbers(entries), onResource: (resource) => set({ resource }) })} rows={entries} rowKey={({ id }) => id} current={current} />
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
      <SearchField label="Resource" placeholder="A resource’s id: prm_…, key_…" value={state.resource} onSearch={(resource) => set({ resource }, { typing: true })} className="max-md:col-span-2" />
      <SearchField label="By whom" isSecond placeholder="By whom: name or id" value={state.actor} onSearch={(actor) => set({ actor }, { typing: true })} className="max-md:col-span-2" />
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

/** In the middle of a row of one line, and at the top of one that is open. */
const TOP = "align-top pt-2.5!";

interface ColumnOptions {
  names: ReadonlyMap<string, string>;
  numbers: ReadonlyMap<string, number>;
  onResource: (resource: string) => void;
}

function columns({ names, numbers, onResource }: ColumnOptions): Column<AuditEntry>[] {
  return [
    { key: "at", title: "When", className: TOP, cell: ({ at }) => <RelativeTime time={at} className="text-muted" /> },
    { key: "actor", title: "Who", wideOnly: true, className: TOP, cell: (entry) => <Who entry={entry} /> },
    {
      key: "action",
      title: "What",
      className: `w-full ${TOP}`,
      cell: (entry) => <What entry={entry} name={names.get(entry.resource)} sentence={sentenceOf(entry, numbers)} onResource={onResource} />,
    },
  ];
}

const Who = ({ entry: { user_name: user, user_id: id, key_name: key } }: { entry: AuditEntry }) => (
  <span className="md:whitespace-nowrap">
    <bdi className="wrap-anywhere">{user ?? id ?? "PromptLab"}</bdi> <span className="text-sm text-muted">{key ? <>· key <bdi className="wrap-anywhere">{key}</bdi></> : id ? "· set-up" : "· by itself"}</span>
  </span>
);

interface WhatProps {
  entry: AuditEntry;
  name: string | undefined;
  sentence: Sentence;
  onResource: (resource: string) => void;
}

/** A sentence, and on demand all that is kept of it. */
function What({ entry, name, sentence: { before, after }, onResource }: WhatProps) {
  const [open, setOpen] = useState(false);
  const { resource } = entry;
  return (
    <div className="min-w-0">
      <div className="flex items-start gap-1">
        <p className="min-w-0 flex-1 wrap-anywhere">
          {before} <Resource resource={resource} name={name} /> {after}
        </p>
        <IconButton label={`Details: ${before} ${name ?? resource}`} icon={open ? ChevronDown : ChevronRight} aria-expanded={open} onClick={() => setOpen(!open)} className="-my-1 rtl:-scale-x-100" />
      </div>
      <div className="md:hidden">
        <Who entry={entry} />
      </div>
      {open && <Details entry={entry} onResource={() => onResource(resource)} />}
    </div>
  );
}

/** Its name, or its id where that is not known, and its page if it has one. */
function Resource({ resource, name }: { resource: string; name: string | undefined }) {
  const address = addressOf(resource);
  const shown = name ? <bdi className="font-medium">{name}</bdi> : <code className="font-mono text-sm">{resource}</code>;
  return address ? (
    <Link to={address} className="hover:underline">
      {shown}
    </Link>
  ) : (
    shown
  );
}

function Details({ entry: { action, resource, detail, request_id: requestId }, onResource }: { entry: AuditEntry; onResource: () => void }) {
  const isEmpty = detail === null || detail === undefined || (typeof detail === "object" && Object.keys(detail).length === 0);
  return (
    <div className="card mt-1.5 mb-1 flex max-w-xl flex-col gap-2 p-3 text-sm">
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] items-center gap-x-4 gap-y-0.5 [&_dd]:font-mono [&_dd]:text-xs [&_dt]:text-muted">
        <dt>Action</dt>
        <dd>{action}</dd>
        <dt>Resource</dt>
        <dd className="flex min-w-0 items-center gap-1 wrap-anywhere">
          {resource} <CopyButton text={resource} label={`Copy the id ${resource}`} className="size-6!" />
        </dd>
        {requestId && (
          <>
            <dt>Request</dt>
            <dd className="flex min-w-0 items-center gap-1 wrap-anywhere">
              {requestId} <CopyButton text={requestId} label="Copy the request id" className="size-6!" />
            </dd>
          </>
        )}
      </dl>
      {!isEmpty && <pre className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">{JSON.stringify(detail, null, 2)}</pre>}
      <Button size="small" className="self-start" onClick={onResource}>
        Show only this resource
      </Button>
    </div>
  );
}
