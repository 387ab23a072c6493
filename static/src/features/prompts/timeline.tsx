import { GitCompareArrows } from "lucide-react";
import { type ComponentProps, useEffect, useEffectEvent, useMemo } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { Prompt, Version } from "@/api/types";
import { PAGES, useSearchState } from "@/lib/search-state";
import { paths, withParams } from "@/paths";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { LoadMore } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { RelativeTime } from "@/ui/time";
import { Hint } from "@/ui/tooltip";
import { LiveBadges } from "./version-label";

/** The versions as they are read page by page. */
export type VersionList = ComponentProps<typeof LoadMore>["query"];

interface TimelineProps {
  prompt: Prompt;
  /** Those that are loaded. */
  versions: Version[];
  selected: Version;
  list: VersionList;
}

/** Whether a version is one that is looked for: by number, message, author, model or where it is live. */
export function matches(version: Version, prompt: Prompt, search: string): boolean {
  const live = [prompt.pointers.production, prompt.pointers.staging].map((pointer, index) => (pointer?.version_id === version.version_id ? ["production", "staging"][index] : ""));
  const text = [`v${version.version_number}`, version.commit_message, version.created_by_name, version.model_id, ...live].join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What is searched for, and how many pages are shown. */
const IN_ADDRESS = { find: "", ...PAGES };

/** The address of a version: where one is, with another version. */
function useVersionAddress(): (version: Version) => { search: string } {
  const [params] = useSearchParams();
  return ({ version_number: number }) => {
    const next = new URLSearchParams(params);
    next.set("version", String(number));
    return { search: `?${next}` };
  };
}

/** Every version, the newest first. A search goes through all of them, those included that are not loaded yet. */
export function Timeline({ prompt, versions, selected, list }: TimelineProps) {
  const [{ find, pages }, set] = useSearchState(IN_ADDRESS);
  const to = useVersionAddress();
  const shown = useMemo(() => versions.filter((version) => matches(version, prompt, find)), [versions, prompt, find]);
  const isIncomplete = find !== "" && list.hasNextPage && !list.isError;
  const loadNext = useEffectEvent(() => void list.fetchNextPage());
  useEffect(() => {
    if (isIncomplete && !list.isFetching) loadNext();
  }, [isIncomplete, list.isFetching]);
  return (
    <nav aria-label="Versions" className="flex min-h-0 flex-col gap-2">
      <SearchField label="Search the versions" placeholder="Search versions" value={find} onSearch={(text) => set({ find: text, pages }, { typing: true })} />
      <ol className="min-h-0 overflow-y-auto">
        {shown.map((version) => (
          <li key={version.version_id} className="group relative flex">
            <Link
              to={to(version)}
              replace
              preventScrollReset
              aria-current={version.version_id === selected.version_id ? "true" : undefined}
              className="min-w-0 flex-1 rounded-md border-s-2 border-transparent px-2.5 py-1.5 hover:bg-hover aria-[current]:border-accent aria-[current]:bg-accent-ground"
            >
              <span className="flex flex-wrap items-center gap-1.5">
                <span className="tabular font-medium">v{version.version_number}</span>
                <LiveBadges prompt={prompt} versionId={version.version_id} />
                <RelativeTime time={version.created_at} className="ms-auto text-xs text-muted" />
              </span>
              <span dir="auto" className="line-clamp-2 pe-6 text-sm break-words text-muted">
                {version.commit_message ?? "No message"}
              </span>
              <span className="block truncate text-xs text-muted">{version.created_by_name}</span>
            </Link>
            {version.version_id !== selected.version_id && (
              <Hint text={`Compare with v${selected.version_number}`} side="right">
                <Link
                  to={withParams(paths.promptDiff(prompt.name), compared(version, selected))}
                  aria-label={`Compare version ${version.version_number} with version ${selected.version_number}`}
                  className="absolute end-1.5 bottom-1.5 flex size-6 items-center justify-center rounded-md text-muted opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 hover:bg-line hover:text-ink pointer-coarse:opacity-100"
                >
                  <GitCompareArrows aria-hidden size={14} />
                </Link>
              </Hint>
            )}
          </li>
        ))}
        {isIncomplete && (
          <li className="px-2.5 py-2 text-sm text-muted">
            <span role="status">Searching older versions …</span>
          </li>
        )}
        {shown.length === 0 && !isIncomplete && <li className="px-2.5 py-4 text-muted">{list.isError ? "Older versions could not be loaded." : "No version matches."}</li>}
        {find === "" && list.hasNextPage && (
          <li className="px-2.5">
            <LoadMore shown={versions.length} noun="version" query={list} />
          </li>
        )}
      </ol>
    </nav>
  );
}

/** The same where there is little room: what the version says comes first. */
export function VersionSelect({ prompt, versions, selected, list }: TimelineProps) {
  const navigate = useNavigate();
  const to = useVersionAddress();
  const { production, staging } = prompt.pointers;
  const labelOf = ({ version_id: id, version_number: number, commit_message: message }: Version) =>
    [`v${number}`, production?.version_id === id && "production", staging?.version_id === id && "staging", message].filter(Boolean).join(" · ");
  const choose = (id: string) => {
    const version = versions.find(({ version_id }) => version_id === id);
    if (version) void navigate(to(version), { replace: true, preventScrollReset: true });
  };
  return (
    <div className="flex items-center gap-2">
      <Select aria-label="Version" value={selected.version_id} onChange={(event) => choose(event.target.value)}>
        {(versions.includes(selected) ? versions : [selected, ...versions]).map((version) => (
          <option key={version.version_id} value={version.version_id}>
            {labelOf(version)}
          </option>
        ))}
      </Select>
      {list.hasNextPage && (
        <Button size="small" kind="quiet" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Older
        </Button>
      )}
    </div>
  );
}

/** The older one on the left, whichever was selected. */
function compared(one: Version, other: Version): { from: number; to: number } {
  return { from: Math.min(one.version_number, other.version_number), to: Math.max(one.version_number, other.version_number) };
}
