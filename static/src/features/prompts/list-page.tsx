import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Folder, FolderCog, Plus, ScrollText, Search } from "lucide-react";
import { Fragment, lazy, Suspense, useDeferredValue, useState } from "react";
import { Link } from "react-router";
import { usePermission } from "@/api/session";
import type { Prompt } from "@/api/types";
import { curlCommand } from "@/lib/curl";
import { useSearchState } from "@/lib/search-state";
import { paths } from "@/paths";
import { useRowKeys } from "@/shell/row-keys";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink, IconButton } from "@/ui/button";
import { Select } from "@/ui/field";
import { LoadMore, Page } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable, type Sorting } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { collectionsQuery, PROMPT_FILTERS, promptsQuery, tagsQuery } from "./queries";

/** Dialogs are no part of the first load. */
const CollectionsDialog = lazy(async () => ({ default: (await import("./collections-dialog")).CollectionsDialog }));

/** Every prompt of the team. */
export function PromptListPage() {
  const [state, set] = useSearchState({ ...PROMPT_FILTERS });
  const list = useInfiniteQuery({ ...promptsQuery(useDeferredValue(state)), placeholderData: keepPreviousData });
  const collections = useQuery(collectionsQuery);
  const names = new Map(collections.data?.data.map(({ id, name }) => [id, name]));
  const prompts = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const isFiltered = state.search !== "" || state.collection !== "" || state.tag !== "" || state.archived !== "";
  const isEmpty = list.isSuccess && prompts.length === 0;
  const current = useRowKeys(prompts, ({ id }) => id, ({ name }) => paths.prompt(name));
  const { reason } = usePermission("editor");
  const create = reason ? (
    <Button kind="primary" icon={Plus} reason={reason}>
      New prompt
    </Button>
  ) : (
    <ButtonLink to={paths.promptNew()} kind="primary" icon={Plus}>
      New prompt
    </ButtonLink>
  );
  return (
    <Page title="Prompts" actions={isEmpty && !isFiltered ? undefined : create}>
      {!(isEmpty && !isFiltered) && <Filters state={state} set={set} />}
      {list.isError && !list.data && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <SkeletonRows label="Loading the prompts" />}
      {isEmpty && (isFiltered ? <NothingFound onClear={() => set({ ...PROMPT_FILTERS })} /> : <FirstPrompt reason={reason} />)}
      {prompts.length > 0 && (
        <div aria-busy={list.isPlaceholderData} className={list.isPlaceholderData ? "opacity-60 transition-opacity delay-200" : ""}>
          <DataTable
            label="Prompts"
            columns={columns(names)}
            rows={prompts}
            rowKey={({ id }) => id}
            current={current}
            sorting={{ by: state.sort, order: state.order === "asc" ? "asc" : "desc" }}
            onSort={(sorting) => set(sortState(sorting, state.sort))}
          />
          <LoadMore shown={prompts.length} noun="prompt" query={list} />
        </div>
      )}
    </Page>
  );
}

/** A column that is new begins with what one wants to see first: names from A, times from the newest. */
function sortState({ by, order }: Sorting, before: string): { sort: string; order: string } {
  return { sort: by, order: by === before ? order : by === "name" ? "asc" : "desc" };
}

const Pointer = ({ pointer, tone }: { pointer: Prompt["pointers"]["production"]; tone: "good" | "accent" }) =>
  pointer ? <Badge tone={tone}>v{pointer.version_number}</Badge> : <span className="text-muted">–</span>;

/** A name may break after its slashes. */
const BreakableName = ({ name }: { name: string }) =>
  name.split(/(?<=\/)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));

const columns = (collections: ReadonlyMap<string, string>): Column<Prompt>[] => [
  {
    key: "name",
    title: "Name",
    sortable: true,
    cell: (prompt) => (
      <div className="min-w-0">
        <Link to={paths.prompt(prompt.name)} className="font-mono text-sm font-medium wrap-anywhere hover:underline">
          <BreakableName name={prompt.name} />
        </Link>
        {prompt.archived && <Badge className="ms-2">archived</Badge>}
        {prompt.description && (
          <p dir="auto" className="line-clamp-1 max-w-prose text-sm break-words text-muted">
            {prompt.description}
          </p>
        )}
      </div>
    ),
  },
  {
    key: "tags",
    title: "Collection, tags",
    wideOnly: true,
    cell: ({ collection_id: collection, tags }) => (
      <span className="flex flex-wrap items-center gap-1">
        {collection && (
          <span className="me-1 inline-flex max-w-40 items-center gap-1 text-sm">
            <Folder aria-hidden size={13} className="shrink-0 text-muted" />
            <span dir="auto" className="truncate">
              {collections.get(collection) ?? "…"}
            </span>
          </span>
        )}
        {tags.map((tag) => (
          <Badge key={tag}>{tag}</Badge>
        ))}
      </span>
    ),
  },
  { key: "production", title: "Production", cell: ({ pointers }) => <Pointer pointer={pointers.production} tone="good" /> },
  { key: "staging", title: "Staging", wideOnly: true, cell: ({ pointers }) => <Pointer pointer={pointers.staging} tone="accent" /> },
  { key: "latest", title: "Versions", numeric: true, wideOnly: true, cell: ({ latest_version_number }) => latest_version_number ?? 0 },
  { key: "created_at", title: "Created", sortable: true, numeric: true, wideOnly: true, cell: ({ created_at }) => <RelativeTime time={created_at} className="text-muted" /> },
  { key: "updated_at", title: "Changed", sortable: true, numeric: true, cell: ({ updated_at }) => <RelativeTime time={updated_at} className="text-muted" /> },
];

interface FiltersProps {
  state: typeof PROMPT_FILTERS;
  set: (changes: Partial<typeof PROMPT_FILTERS>, options?: { typing?: boolean }) => void;
}

function Filters({ state, set }: FiltersProps) {
  const collections = useQuery(collectionsQuery);
  const known = useQuery(tagsQuery(state.archived)).data?.data ?? [];
  const tags = state.tag === "" || known.some(({ tag }) => tag === state.tag) ? known : [{ tag: state.tag, prompts: 0 }, ...known];
  const [managing, setManaging] = useState(false);
  const { reason } = usePermission("editor");
  return (
    <div role="search" className="mb-2 flex flex-wrap gap-2">
      <SearchField label="Search the prompts" value={state.search} onSearch={(search) => set({ search }, { typing: true })} className="min-w-48 flex-1 sm:max-w-xs" />
      {(collections.data?.data.length ?? 0) > 0 && (
        <Select aria-label="Collection" value={state.collection} onChange={(event) => set({ collection: event.target.value })} className="w-auto! max-w-48">
          <option value="">All collections</option>
          {collections.data?.data.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
      <IconButton label="Edit collections" icon={FolderCog} reason={reason} onClick={() => setManaging(true)} className="size-8" />
      {tags.length > 0 && (
        <Select aria-label="Tag" value={state.tag} onChange={(event) => set({ tag: event.target.value })} className="w-auto! max-w-48">
          <option value="">All tags</option>
          {tags.map(({ tag, prompts }) => (
            <option key={tag} value={tag}>
              {tag} ({prompts})
            </option>
          ))}
        </Select>
      )}
      <Select aria-label="Archived" value={state.archived} onChange={(event) => set({ archived: event.target.value })} className="w-auto!">
        <option value="">In use</option>
        <option value="true">Archived</option>
      </Select>
      {managing && (
        <Suspense>
          <CollectionsDialog onClose={() => setManaging(false)} onDeleted={(id) => id === state.collection && set({ collection: "" })} />
        </Suspense>
      )}
    </div>
  );
}

function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState icon={Search} title="No prompt matches" action={<Button onClick={onClear}>Clear the filters</Button>}>
      Search looks at names and descriptions.
    </EmptyState>
  );
}

function FirstPrompt({ reason }: { reason: string | undefined }) {
  const action = reason ? (
    <Button kind="primary" icon={Plus} reason={reason}>
      Create your first prompt
    </Button>
  ) : (
    <ButtonLink to={paths.promptNew()} kind="primary" icon={Plus}>
      Create your first prompt
    </ButtonLink>
  );
  return (
    <EmptyState
      icon={ScrollText}
      title="No prompts yet"
      action={action}
      curl={curlCommand("/api/prompts", { name: "greeting" })}
    >
      A prompt has a name that applications resolve. Every edit makes a version; you decide which one is live, and take it back in seconds.
    </EmptyState>
  );
}
