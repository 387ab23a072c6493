import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { isNotFound } from "@/api/errors";
import { percent, plural } from "@/lib/format";
import { paths } from "@/paths";
import { Badge, Notice } from "@/ui/badge";
import { Page, Section } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { RelativeTime, useNow } from "@/ui/time";
import { AssignmentLookup } from "./assignment-lookup";
import { conclude } from "./conclusion";
import { ConclusionCard } from "./conclusion-card";
import { ControlBar } from "./control-bar";
import { ExposurePanel } from "./exposure-panel";
import { GuardrailTable } from "./guardrail-table";
import { EnvironmentBadge, StatusBadge, STRATEGIES, titleOf } from "./labels";
import { MainSwitchNotice } from "./main-switch";
import { metricName } from "./metrics";
import type { Experiment } from "./model";
import { experimentQuery, resultsQuery } from "./queries";
import { ResultsTable } from "./results-table";
import { TrialHistory } from "./trial-history";
import { WeightHistory } from "./weight-history";

const BACK = (
  <Link to={paths.experiments()} className="hover:underline">
    Experiments
  </Link>
);

/** An experiment: whether its numbers can be trusted, what they say, and the switches. */
export function ExperimentPage() {
  const { experiment: id = "" } = useParams();
  const experiment = useQuery(experimentQuery(id));
  if (experiment.data) return <LoadedExperiment experiment={experiment.data} />;
  return (
    <Page title="Experiment" back={BACK}>
      {experiment.isError ? (
        <ErrorState error={experiment.error} list={{ to: paths.experiments(), says: "Show all experiments" }} onRetry={() => void experiment.refetch()} title={isNotFound(experiment.error) ? "There is no such experiment" : undefined} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

const Waiting = () => (
  <div role="status" aria-label="Loading the experiment" className="flex flex-col gap-4">
    <div className="grid gap-4 lg:grid-cols-2">
      <Skeleton className="h-40" />
      <Skeleton className="h-40" />
    </div>
    <Skeleton className="h-64" />
  </div>
);

function LoadedExperiment({ experiment }: { experiment: Experiment }) {
  const results = useQuery(resultsQuery(experiment.id));
  const now = useNow();
  const conclusion = results.data && conclude(results.data, experiment, now);
  return (
    <Page
      title={titleOf(experiment)}
      documentTitle={`${titleOf(experiment)} · Experiment`}
      back={BACK}
      badges={
        <>
          <StatusBadge trial={experiment} />
          <EnvironmentBadge environment={experiment.environment} />
          <Badge>{STRATEGIES[experiment.allocation_strategy].name}</Badge>
        </>
      }
      description={<Facts experiment={experiment} />}
    >
      <ControlBar experiment={experiment} winner={conclusion?.winner} />
      <div className="flex flex-col gap-8">
        <Situation experiment={experiment} />
        {results.isError && !results.data && <ErrorState error={results.error} onRetry={() => void results.refetch()} />}
        {results.isPending && <Waiting />}
        {results.data && conclusion && (
          <>
            <div className="grid gap-4 lg:grid-cols-2">
              <ExposurePanel results={results.data} coverage={experiment.coverage} />
              <ConclusionCard conclusion={conclusion} />
            </div>
            <Section title="Results" actions={conclusion.state === "alarm" ? <Badge tone="bad">not to be relied on</Badge> : undefined}>
              <ResultsTable results={results.data} suspect={conclusion.state === "alarm"} />
            </Section>
            {results.data.guardrails.length > 0 && (
              <Section title="Guardrails">
                <GuardrailTable outcomes={results.data.guardrails} />
              </Section>
            )}
            {(experiment.allocation_strategy === "thompson_sampling" || results.data.allocation_periods.length > 1) && <WeightHistory experiment={experiment} results={results.data} />}
          </>
        )}
        <div className="grid gap-8 lg:grid-cols-2">
          <AssignmentLookup experiment={experiment} />
          <Section title="History">
            <TrialHistory history={experiment.history} />
          </Section>
        </div>
      </div>
    </Page>
  );
}

function Facts({ experiment }: { experiment: Experiment }) {
  const { prompt_name, primary_metric: metric, coverage, created_at, forced } = experiment;
  const users = Object.keys(forced).length;
  return (
    <span className="flex flex-wrap gap-x-4">
      <Link to={paths.prompt(prompt_name, "experiments")} className="link font-mono text-sm">
        {prompt_name}
      </Link>
      {metric && <span>decided by {metricName(metric).toLowerCase()}</span>}
      <span>{percent(coverage, coverage * 100 === Math.round(coverage * 100) ? 0 : 2)} of users take part</span>
      {users > 0 && <span>{plural(users, "fixed user")}</span>}
      <span>
        began <RelativeTime time={created_at} />
      </span>
    </span>
  );
}

/** Why it does not assign, when it does not. */
function Situation({ experiment }: { experiment: Experiment }) {
  const why = experiment.reason ? ` Reason: ${experiment.reason}` : "";
  const won = experiment.variants.find(({ version_id }) => version_id !== null && version_id === experiment.winner_version_id);
  return (
    <>
      {experiment.all_killed && experiment.status !== "stopped" && <MainSwitchNotice />}
      {experiment.status === "killed" && <Notice tone="bad">Killed: everybody gets the control, and nobody is counted.{why}</Notice>}
      {experiment.status === "paused" && <Notice tone="warn">Paused: everybody gets the control until it goes on.{why}</Notice>}
      {experiment.status === "stopped" && (
        <Notice>
          It ended{experiment.ended_at && (
            <>
              {" "}
              <RelativeTime time={experiment.ended_at} />
            </>
          )}
          {won ? `, won by ${won.name} (v${won.version_number ?? "?"}).` : "."} Everybody gets what is live.{why}
        </Notice>
      )}
    </>
  );
}
