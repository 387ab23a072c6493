import { GitCompareArrows } from "lucide-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { Prompt, Version } from "@/api/types";
import { paths, withParams } from "@/paths";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { onEscape } from "@/ui/search-field";
import { RelativeTime } from "@/ui/time";
import { Hint } from "@/ui/tooltip";
import { LiveBadges } from "./version-label";

interface TimelineProps {
  prompt: Prompt;
  versions: Version[];
  selected: Version;
  /** Where a version's link goes. */
  to: (version: Version) => string;
  more: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
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

/** Every version, the newest first. */
export function Timeline({ prompt, versions, selected, to, more }: TimelineProps) {
  const [search, setSearch] = useState("");
  const shown = useMemo(() => versions.filter((version) => matches(version, prompt, search)), [versions, prompt, search]);
  return (
    <nav aria-label="Versions" className="flex min-h-0 flex-col gap-2">
      <Input type="search" aria-label="Search the versions" placeholder="Search versions" value={search} onChange={(event) => setSearch(event.target.value)} onKeyDown={onEscape(() => setSearch(""))} />
      <ol className="min-h-0 overflow-y-auto max-lg:max-h-56">
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
        {shown.length === 0 && <li className="px-2.5 py-4 text-muted">No version matches.</li>}
        {more.hasNextPage && (
          <li className="p-1">
            <Button size="small" kind="quiet" busy={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()} className="w-full">
              Older versions
            </Button>
          </li>
        )}
      </ol>
    </nav>
  );
}

/** The older one on the left, whichever was selected. */
function compared(one: Version, other: Version): { from: number; to: number } {
  return { from: Math.min(one.version_number, other.version_number), to: Math.max(one.version_number, other.version_number) };
}
