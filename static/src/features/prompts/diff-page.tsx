import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowLeftRight } from "lucide-react";
import { Link, useParams } from "react-router";
import { isNotFound } from "@/api/errors";
import { promptQuery } from "@/api/queries";
import type { Version } from "@/api/types";
import { useSearchState } from "@/lib/search-state";
import { paths } from "@/paths";
import { IconButton } from "@/ui/button";
import { Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { LazyDiff } from "./lazy-diff";
import { versionQuery, versionsQuery } from "./queries";

/** Any two versions, field by field and word by word. */
export function PromptDiffPage() {
  const { prompt: name = "" } = useParams();
  const [state, set] = useSearchState({ from: "", to: "", layout: "split" });
  const prompt = useQuery(promptQuery(name));
  const list = useInfiniteQuery(versionsQuery(name));
  const versions = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const latest = prompt.data?.latest_version_number ?? undefined;
  const to = state.to || (latest === undefined ? "" : String(latest));
  const from = state.from || (to === "" ? "" : String(Math.max(Number(to) - 1, 1)));
  const left = useQuery({ ...versionQuery(name, from), enabled: from !== "" });
  const right = useQuery({ ...versionQuery(name, to), enabled: to !== "" });
  const error = prompt.error ?? left.error ?? right.error;
  return (
    <Page
      full
      title="Compare"
      documentTitle={`Compare ${name}`}
      back={<Link to={paths.prompt(name)} className="font-mono hover:underline">{name}</Link>}
      actions={
        <div className="flex min-w-0 flex-1 items-center gap-1.5">
          <VersionChoice label="From" value={from} versions={versions} known={left.data} onChange={(value) => set({ from: value, to })} />
          <IconButton label="Swap the sides" icon={ArrowLeftRight} onClick={() => set({ from: to, to: from })} />
          <VersionChoice label="To" value={to} versions={versions} known={right.data} onChange={(value) => set({ from, to: value })} />
        </div>
      }
    >
      {error && <ErrorState error={error} list={{ to: paths.prompts(), says: "Show all prompts" }} title={isNotFound(error) ? `There is no such ${prompt.error ? "prompt" : "version"}` : undefined} onRetry={() => void Promise.all([prompt.refetch(), left.refetch(), right.refetch()])} />}
      {!error && left.data && right.data && (
        <LazyDiff
          from={left.data}
          to={right.data}
          fromLabel={labelOf(left.data)}
          toLabel={labelOf(right.data)}
          layout={state.layout === "unified" ? "unified" : "split"}
          onLayout={(layout) => set({ layout }, { typing: true })}
        />
      )}
      {!error && !(left.data && right.data) && <Skeleton className="h-64 w-full" />}
    </Page>
  );
}

const labelOf = (version: Version): string => `v${version.version_number}${version.commit_message ? ` · ${version.commit_message}` : ""}`;

interface ChoiceProps {
  label: string;
  value: string;
  versions: Version[];
  known: Version | undefined;
  onChange: (value: string) => void;
}

function VersionChoice({ label, value, versions, known, onChange }: ChoiceProps) {
  const listed = versions.some(({ version_number }) => String(version_number) === value);
  return (
    <Select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)} className="min-w-0 flex-1 sm:w-44! sm:flex-none">
      {!listed && <option value={value}>{known ? labelOf(known) : `v${value}`}</option>}
      {versions.map((version) => (
        <option key={version.version_id} value={version.version_number}>
          {labelOf(version)}
        </option>
      ))}
    </Select>
  );
}
