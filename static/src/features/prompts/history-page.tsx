import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { History, Undo2 } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { promptQuery } from "@/api/queries";
import { queryClient } from "@/api/query-client";
import { usePermission } from "@/api/session";
import type { PointerMove, Prompt } from "@/api/types";
import { curlCommand } from "@/lib/curl";
import { useSearchState } from "@/lib/search-state";
import { paths, withParams } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { Select } from "@/ui/field";
import { LoadMore, Page } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { notifyError } from "@/ui/toast";
import { MoveDialog, type MoveIntent } from "./move-dialog";
import { historyQuery, versionQuery } from "./queries";

/** Every move of the prompt's pointers, the newest first. */
export function PromptHistoryPage() {
  const { prompt: name = "" } = useParams();
  const [{ environment }, set] = useSearchState({ environment: "" });
  const prompt = useQuery(promptQuery(name));
  const list = useInfiniteQuery(historyQuery(name, environment));
  const moves = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const [intent, setIntent] = useState<MoveIntent | null>(null);
  const goBack = async (move: PointerMove) => {
    try {
      const target = await queryClient.fetchQuery(versionQuery(move.prompt_id, move.version_id));
      setIntent({ action: "rollback", environment: move.environment, target });
    } catch (error) {
      notifyError("The version could not be loaded", error);
    }
  };
  return (
    <Page
      title="History"
      documentTitle={`History of ${name}`}
      back={<Link to={paths.prompt(name)} className="font-mono hover:underline">{name}</Link>}
      actions={
        <Select aria-label="Environment" value={environment} onChange={(event) => set({ environment: event.target.value })} className="w-auto!">
          <option value="">All environments</option>
          <option value="production">production</option>
          <option value="staging">staging</option>
        </Select>
      }
    >
      {list.isPending && <SkeletonRows label="Loading the history" />}
      {list.isError && <ErrorState error={list.error} list={{ to: paths.prompts(), says: "Show all prompts" }} onRetry={() => void list.refetch()} />}
      {list.isSuccess && moves.length === 0 && <NothingYet name={name} environment={environment || "production"} />}
      {moves.length > 0 && (
        <>
          <DataTable label="What went live" columns={columns(name, prompt.data, (move) => void goBack(move))} rows={moves} rowKey={({ revision }) => String(revision)} />
          <LoadMore shown={moves.length} noun="move" query={list} />
        </>
      )}
      {prompt.data && <MoveDialog prompt={prompt.data} intent={intent} versions={intent ? [intent.target] : []} onIntent={setIntent} />}
    </Page>
  );
}

function NothingYet({ name, environment }: { name: string; environment: string }) {
  return (
    <EmptyState
      icon={History}
      title="Nothing was live yet"
      action={
        <ButtonLink kind="primary" to={paths.prompt(name)}>
          Choose a version to promote
        </ButtonLink>
      }
      curl={curlCommand(`/api/prompts/${encodeURIComponent(name)}/promote`, { version_id: "ver_…", environment })}
    >
      Each promotion and rollback is listed here for ever, with who did it, when and why.
    </EmptyState>
  );
}

function columns(name: string, prompt: Prompt | undefined, onBack: (move: PointerMove) => void): Column<PointerMove>[] {
  return [
    { key: "when", title: "When", cell: ({ moved_at }) => <RelativeTime time={moved_at} className="text-muted" /> },
    {
      key: "what",
      title: "What",
      cell: ({ action, environment, version_number: to, previous_version_number: from }) => (
        <span className="flex flex-wrap items-center gap-1.5">
          <Badge tone={environment === "production" ? "good" : "accent"}>{environment}</Badge>
          <span>{action === "rollback" ? "rolled back" : "promoted"}</span>
          {from === null ? (
            <span className="tabular">to v{to}</span>
          ) : (
            <Link to={withParams(paths.promptDiff(name), { from, to })} className="tabular link">
              v{from} → v{to}
            </Link>
          )}
        </span>
      ),
    },
    { key: "why", title: "Why", wideOnly: true, cell: ({ justification }) => <span dir="auto" className="break-words">{justification ?? <span className="text-muted">–</span>}</span> },
    { key: "who", title: "Who", wideOnly: true, cell: ({ moved_by_name }) => moved_by_name ?? "–" },
    { key: "back", title: <span className="sr-only">Action</span>, numeric: true, cell: (move) => <BackButton move={move} prompt={prompt} onBack={onBack} /> },
  ];
}

function BackButton({ move, prompt, onBack }: { move: PointerMove; prompt: Prompt | undefined; onBack: (move: PointerMove) => void }) {
  const { reason } = usePermission(move.environment === "production" ? "publisher" : "editor");
  const live = prompt?.pointers[move.environment];
  if (!prompt || live?.revision === move.revision) return <span className="text-sm text-muted">live</span>;
  // The same version is live again, by a later move: there is nothing to go back to.
  if (live?.version_id === move.version_id) return <span className="text-sm text-muted">same as live</span>;
  return (
    <Button size="small" kind="quiet" icon={Undo2} reason={reason} onClick={() => onBack(move)}>
      {`Back to v${move.version_number}`}
    </Button>
  );
}
