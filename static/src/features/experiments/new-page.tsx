import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { isNotFound } from "@/api/errors";
import { promptQuery } from "@/api/queries";
import { useRested } from "@/lib/rested";
import { useSearchState } from "@/lib/search-state";
import { paths } from "@/paths";
import { ButtonLink } from "@/ui/button";
import { Field } from "@/ui/field";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { CanaryForm } from "./canary-form";
import { ExperimentForm } from "./experiment-form";
import { PromptInput } from "./prompt-input";
import { versionChoicesQuery } from "./queries";

const KINDS = [
  { kind: "experiment", title: "Experiment", says: "Versions side by side, to learn which is better." },
  { kind: "canary", title: "Canary", says: "A new version takes over step by step, and goes back when it is worse." },
];

/** Begins an experiment or a canary on a prompt. */
export function NewExperimentPage() {
  const [state, set] = useSearchState({ kind: "experiment", prompt: "" });
  const name = useRested(state.prompt);
  const [typing, setTyping] = useState(false);
  const prompt = useQuery(promptQuery(name));
  const versions = useQuery(versionChoicesQuery(prompt.data?.name ?? ""));
  const unknown = prompt.isError && isNotFound(prompt.error);
  return (
    <Page title={state.kind === "canary" ? "New canary" : "New experiment"} back={<Link to={paths.experiments()} className="hover:underline">Experiments</Link>}>
      <div className="flex max-w-3xl flex-col gap-6">
        <div role="group" aria-label="What to begin" className="grid gap-2 sm:grid-cols-2">
          {KINDS.map(({ kind, title, says }) => (
            <button key={kind} type="button" aria-pressed={state.kind === kind} onClick={() => set({ kind }, { typing: true })} className="card flex flex-col items-start p-3 text-start hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-ground">
              <span className="font-semibold">{title}</span>
              <span className="text-sm text-muted">{says}</span>
            </button>
          ))}
        </div>
        <Field label="Prompt" error={unknown && !typing && name !== "" && name === state.prompt ? "There is no prompt of this name." : undefined}>
          {(control) => (
            <PromptInput
              control={control}
              value={state.prompt}
              onChange={(value) => {
                setTyping(true);
                set({ prompt: value }, { typing: true });
              }}
              onLeave={() => setTyping(false)}
              placeholder="Choose a prompt"
              className="max-w-md"
            />
          )}
        </Field>
        {prompt.isError && !unknown && <ErrorState error={prompt.error} onRetry={() => void prompt.refetch()} />}
        {versions.isError && <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />}
        {((prompt.isPending && name !== "") || (prompt.data && versions.isPending)) && <Skeleton className="h-72 w-full" />}
        {prompt.data && versions.data && versions.data.data.length < 2 && state.kind === "experiment" && (
          <EmptyState title="This prompt has one version" action={<ButtonLink to={paths.promptEdit(prompt.data.name)}>Write another version</ButtonLink>}>
            An experiment compares versions: it needs two at least.
          </EmptyState>
        )}
        {prompt.data && versions.data && state.kind === "experiment" && versions.data.data.length >= 2 && <ExperimentForm key={prompt.data.id} prompt={prompt.data} versions={versions.data.data} />}
        {prompt.data && versions.data && state.kind === "canary" && <CanaryForm key={prompt.data.id} prompt={prompt.data} versions={versions.data.data} />}
      </div>
    </Page>
  );
}
