import { useInfiniteQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import type { Prompt } from "@/api/types";
import { curlCommand } from "@/lib/curl";
import { paths, withParams } from "@/paths";
import { ButtonLink } from "@/ui/button";
import { LoadMore, Section } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { DataTable } from "@/ui/table";
import { CANARY_COLUMNS, EXAMPLE, EXPERIMENT_COLUMNS } from "./list-page";
import { canariesQuery, experimentsQuery } from "./queries";

/** A prompt's experiments and canaries, on the prompt's own page. */
export function PromptExperiments({ prompt }: { prompt: Prompt }) {
  const experiments = useInfiniteQuery(experimentsQuery({ status: "", prompt: prompt.id }));
  const canaries = useInfiniteQuery(canariesQuery({ status: "", prompt: prompt.id }));
  const trials = experiments.data?.pages.flatMap(({ data }) => data) ?? [];
  const takeovers = canaries.data?.pages.flatMap(({ data }) => data) ?? [];
  const error = experiments.error ?? canaries.error;
  const begin = (kind?: "canary") => withParams(paths.experimentNew(), { kind, prompt: prompt.name });
  if (error) return <ErrorState error={error} onRetry={() => void Promise.all([experiments.refetch(), canaries.refetch()])} />;
  if (experiments.isPending || canaries.isPending) return <SkeletonRows rows={3} label="Loading the experiments" />;
  if (trials.length + takeovers.length === 0) {
    return (
      <EmptyState
        icon={FlaskConical}
        title="No experiments on this prompt"
        action={
          <span className="flex flex-wrap justify-center gap-2">
            <ButtonLink kind="primary" to={begin()}>
              Start an experiment
            </ButtonLink>
            <ButtonLink to={begin("canary")}>Start a canary</ButtonLink>
          </span>
        }
        curl={curlCommand(`/api/prompts/${encodeURIComponent(prompt.name)}/experiments`, EXAMPLE)}
      >
        An experiment serves several versions of <span className="font-mono">{prompt.name}</span> side by side and says which is better. A canary lets a version take over step by step.
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-8">
      <Section title="Experiments" actions={<ButtonLink size="small" to={begin()}>Start an experiment</ButtonLink>}>
        {trials.length > 0 ? <DataTable label="Experiments" columns={EXPERIMENT_COLUMNS} rows={trials} rowKey={({ id }) => id} /> : <p className="text-muted">None yet.</p>}
        {experiments.hasNextPage && <LoadMore shown={trials.length} noun="experiment" query={experiments} />}
      </Section>
      <Section title="Canaries" actions={<ButtonLink size="small" to={begin("canary")}>Start a canary</ButtonLink>}>
        {takeovers.length > 0 ? <DataTable label="Canaries" columns={CANARY_COLUMNS} rows={takeovers} rowKey={({ id }) => id} /> : <p className="text-muted">None yet.</p>}
        {canaries.hasNextPage && <LoadMore shown={takeovers.length} noun="canary" query={canaries} />}
      </Section>
    </div>
  );
}
