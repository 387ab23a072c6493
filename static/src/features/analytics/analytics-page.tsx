import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { isNotFound } from "@/api/errors";
import { promptQuery } from "@/api/queries";
import { useSearchState } from "@/lib/search-state";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState } from "@/ui/states";
import { PromptInput } from "../experiments/prompt-input";
import { CHOICE_DEFAULTS, Dashboard } from "./dashboard";
import { RANGE_DEFAULTS } from "./range";
import { RangeControls } from "./range-controls";
import { useScope } from "./use-scope";

/** How often, how fast, how dear, how liked: of everything, or of what is chosen. */
export function AnalyticsPage() {
  const [state, set] = useSearchState({ ...RANGE_DEFAULTS, ...CHOICE_DEFAULTS, prompt: "", environment: "" });
  const name = useDeferredValue(state.prompt.trim());
  const prompt = useQuery(promptQuery(name));
  const chosen = name !== "" && prompt.data?.name === name ? prompt.data : undefined;
  const scope = useScope({ range: state.range, from: state.from, to: state.to, zone: state.zone }, { prompt_id: chosen?.id, environment: state.environment || undefined });
  const unknown = name !== "" && prompt.isError && isNotFound(prompt.error);
  const ready = name === "" || chosen !== undefined;
  return (
    <Page title="Analytics" actions={<RangeControls state={state} set={set} />}>
      <div role="search" className="mb-4 flex flex-wrap gap-2">
        <PromptInput label="Prompt" placeholder="All prompts" value={state.prompt} onChange={(value) => set({ prompt: value }, { typing: true })} className="min-w-40 flex-1 sm:max-w-xs" />
        <Select aria-label="Environment" value={state.environment} onChange={(event) => set({ environment: event.target.value })} className="w-auto!">
          <option value="">All environments</option>
          <option value="production">production</option>
          <option value="staging">staging</option>
        </Select>
      </div>
      {unknown && (
        <EmptyState title="There is no prompt of this name" action={<Button onClick={() => set({ prompt: "" })}>Show all prompts</Button>}>
          The whole name is needed.
        </EmptyState>
      )}
      {!unknown && prompt.isError && name !== "" && <ErrorState error={prompt.error} onRetry={() => void prompt.refetch()} />}
      {ready && scope && <Dashboard scope={scope} choices={state} choose={set} single={chosen !== undefined} />}
      {ready && !scope && <EmptyState title="Choose a range">It has to end after it begins.</EmptyState>}
    </Page>
  );
}
