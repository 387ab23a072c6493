import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { FlaskConical, Plus, Search } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { usePermission } from "@/api/session";
import { curlCommand } from "@/lib/curl";
import { useRested } from "@/lib/rested";
import { useSearchState } from "@/lib/search-state";
import { paths, withParams } from "@/paths";
import { useRowKeys } from "@/shell/row-keys";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { Select } from "@/ui/field";
import { LoadMore, Page } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { EnvironmentBadge, StatusBadge, statusWord, STRATEGIES, titleOf } from "./labels";
import { MainSwitch, MainSwitchNotice } from "./main-switch";
import { metricName } from "./metrics";
import type { CanaryStatus, CanarySummary, ExperimentStatus, ExperimentSummary } from "./model";
import { PromptInput } from "./prompt-input";
import { canariesQuery, experimentsQuery } from "./queries";

const EXPERIMENT_STATUSES: ExperimentStatus[] = ["active", "paused", "killed", "stopped"];
const CANARY_STATUSES: CanaryStatus[] = ["running", "paused", "completed", "rolled_back"];

/** Every experiment and canary of the team. */
export function ExperimentListPage() {
  const [state, set] = useSearchState({ kind: "experiments", status: "", prompt: "" });
  const { reason } = usePermission("editor");
  const canaries = state.kind === "canaries";
  const to = withParams(paths.experimentNew(), { kind: canaries ? "canary" : undefined, prompt: state.prompt });
  const label = canaries ? "New canary" : "New experiment";
  const create = reason ? (
    <Button kind="primary" icon={Plus} reason={reason}>
      {label}
    </Button>
  ) : (
    <ButtonLink to={to} kind="primary" icon={Plus}>
      {label}
    </ButtonLink>
  );
  const rest = { status: state.status, prompt: state.prompt, onClear: () => set({ status: "", prompt: "" }), create };
  return (
    <Page
      title="Experiments"
      description="Versions side by side, and versions that take over step by step."
      actions={
        <>
          <MainSwitch />
          {create}
        </>
      }
    >
      <MainSwitchNotice />
      <div role="search" className="mb-2 flex flex-wrap gap-2">
        <div role="group" aria-label="What to list" className="flex rounded-md border border-edge/50 p-0.5">
          {["experiments", "canaries"].map((kind) => (
            <button key={kind} type="button" aria-pressed={state.kind === kind} onClick={() => set({ kind, status: "" })} className="rounded px-2.5 text-sm font-medium text-muted capitalize aria-pressed:bg-hover aria-pressed:text-ink">
              {kind}
            </button>
          ))}
        </div>
        <PromptInput label="Prompt" placeholder="All prompts" value={state.prompt} onChange={(prompt) => set({ prompt }, { typing: true })} className="min-w-40 flex-1 sm:max-w-xs" />
        <Select aria-label="Status" value={state.status} onChange={(event) => set({ status: event.target.value })} className="w-auto!">
          <option value="">Any status</option>
          {(canaries ? CANARY_STATUSES : EXPERIMENT_STATUSES).map((status) => (
            <option key={status} value={status}>
              {statusWord(status)}
            </option>
          ))}
        </Select>
      </div>
      {canaries ? <Canaries {...rest} /> : <Experiments {...rest} />}
    </Page>
  );
}

interface ListProps {
  status: string;
  prompt: string;
  onClear: () => void;
  /** What there is to do where there is nothing. */
  create: ReactNode;
}

function Experiments({ status, prompt, onClear, create }: ListProps) {
  const list = useInfiniteQuery({ ...experimentsQuery({ status, prompt: useRested(prompt) }), placeholderData: keepPreviousData });
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const current = useRowKeys(rows, ({ id }) => id, ({ id }) => paths.experiment(id));
  return (
    <>
      {list.isPending && <SkeletonRows label="Loading the experiments" />}
      {list.isError && !list.data && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && (status || prompt ? <NothingFound onClear={onClear} /> : <FirstExperiment action={create} />)}
      {rows.length > 0 && (
        <>
          <DataTable label="Experiments" columns={EXPERIMENT_COLUMNS} rows={rows} rowKey={({ id }) => id} current={current} />
          <LoadMore shown={rows.length} noun="experiment" query={list} />
        </>
      )}
    </>
  );
}

function Canaries({ status, prompt, onClear, create }: ListProps) {
  const list = useInfiniteQuery({ ...canariesQuery({ status, prompt: useRested(prompt) }), placeholderData: keepPreviousData });
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const current = useRowKeys(rows, ({ id }) => id, ({ id }) => paths.canary(id));
  return (
    <>
      {list.isPending && <SkeletonRows label="Loading the canaries" />}
      {list.isError && !list.data && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && (status || prompt ? <NothingFound onClear={onClear} /> : <FirstCanary action={create} />)}
      {rows.length > 0 && (
        <>
          <DataTable label="Canaries" columns={CANARY_COLUMNS} rows={rows} rowKey={({ id }) => id} current={current} />
          <LoadMore shown={rows.length} noun="canary" query={list} />
        </>
      )}
    </>
  );
}

export function TrialName({ to, trial }: { to: string; trial: { name: string; prompt_name: string } }) {
  return (
    <div className="min-w-0">
      <Link to={to} dir="auto" className={`font-medium wrap-anywhere hover:underline ${trial.name ? "" : "font-mono text-sm"}`}>
        {titleOf(trial)}
      </Link>
      {trial.name && <p className="font-mono text-xs wrap-anywhere text-muted">{trial.prompt_name}</p>}
    </div>
  );
}

export const EXPERIMENT_COLUMNS: Column<ExperimentSummary>[] = [
  { key: "name", title: "Name", cell: (experiment) => <TrialName to={paths.experiment(experiment.id)} trial={experiment} /> },
  { key: "status", title: "Status", cell: (experiment) => <StatusBadge trial={experiment} /> },
  { key: "environment", title: "Environment", wideOnly: true, cell: ({ environment }) => <EnvironmentBadge environment={environment} /> },
  {
    key: "variants",
    title: "Variants",
    wideOnly: true,
    cell: ({ variants, winner_version_id: winner }) => (
      <span className="flex flex-wrap gap-1">
        {variants.map(({ name, version_id, version_number, weight }) => (
          <Badge key={name} tone={version_id === winner ? "good" : "neutral"}>
            {`v${version_number ?? "?"} · ${Math.round(weight * 100)} %`}
            {version_id === winner && " · won"}
          </Badge>
        ))}
      </span>
    ),
  },
  { key: "metric", title: "Metric", wideOnly: true, cell: ({ primary_metric: metric }) => (metric ? metricName(metric) : "–") },
  { key: "strategy", title: "Traffic", wideOnly: true, cell: ({ allocation_strategy }) => STRATEGIES[allocation_strategy].name },
  { key: "created", title: "Began", numeric: true, cell: ({ created_at }) => <RelativeTime time={created_at} className="text-muted" /> },
];

export const CANARY_COLUMNS: Column<CanarySummary>[] = [
  { key: "name", title: "Name", cell: (canary) => <TrialName to={paths.canary(canary.id)} trial={canary} /> },
  { key: "status", title: "Status", cell: (canary) => <StatusBadge trial={{ status: canary.state, all_killed: canary.all_killed }} /> },
  { key: "environment", title: "Environment", wideOnly: true, cell: ({ environment }) => <EnvironmentBadge environment={environment} /> },
  { key: "version", title: "Version", cell: ({ version_number }) => <Badge>v{version_number ?? "?"}</Badge> },
  { key: "step", title: "Step", numeric: true, wideOnly: true, cell: ({ step, steps }) => `${step + 1} of ${steps.length}` },
  { key: "percent", title: "Traffic", numeric: true, wideOnly: true, cell: ({ state, percent }) => (state === "completed" ? "100 %" : state === "rolled_back" ? "0 %" : `${percent} %`) },
  { key: "created", title: "Began", numeric: true, cell: ({ created_at }) => <RelativeTime time={created_at} className="text-muted" /> },
];

function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState icon={Search} title="Nothing matches" action={<Button onClick={onClear}>Clear the filters</Button>}>
      The prompt's whole name is needed.
    </EmptyState>
  );
}

/** The least that begins an experiment. */
export const EXAMPLE = {
  variants: [
    { version_id: "ver_…", traffic_weight: 50 },
    { version_id: "ver_…", traffic_weight: 50 },
  ],
  allocation_strategy: "fixed_split",
  primary_metric: "approval",
};

function FirstExperiment({ action }: { action: ReactNode }) {
  return (
    <EmptyState
      icon={FlaskConical}
      title="No experiments yet"
      action={action}
      curl={curlCommand("/api/prompts/support%2Freply/experiments", EXAMPLE)}
    >
      An experiment serves several versions of a prompt side by side, each user always the same one, and says which is better as soon as that is certain.
    </EmptyState>
  );
}

function FirstCanary({ action }: { action: ReactNode }) {
  return (
    <EmptyState
      icon={FlaskConical}
      title="No canaries yet"
      action={action}
      curl={curlCommand("/api/prompts/support%2Freply/canary", {
        version_id: "ver_…",
        environment: "production",
        steps: [
          { percent: 5, min_minutes: 30 },
          { percent: 50, min_minutes: 60 },
        ],
        guardrails: [{ metric: "error_rate", max_relative_regression: 0.1 }],
      })}
    >
      A canary gives a new version to a few users, then to more, and takes it back by itself when a guardrail fails.
    </EmptyState>
  );
}
