import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isNotFound } from "@/api/errors";
import { promptQuery } from "@/api/queries";
import { useRested } from "@/lib/rested";
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
  const [typing, setTyping] = useState(false);
  const name = useRested(state.prompt.trim());
  const found = useQuery(promptQuery(name));
  const chosen = name === "" ? null : found.data;
  // What is shown stays while another name is typed: most of what one types on the way is no prompt's name.
  const [shown, setShown] = useState(chosen);
  if (chosen !== undefined && (shown === undefined || chosen?.id !== shown?.id)) setShown(chosen);
  const failed = name !== "" && found.isError && !typing;
  const unknown = failed && isNotFound(found.error);
  const scope = useScope({ range: state.range, from: state.from, to: state.to, zone: state.zone }, { prompt_id: shown?.id, environment: state.environment || undefined });
  const ready = shown !== undefined && !failed;
  return (
    <Page title="Analytics" actions={<RangeControls state={state} set={set} />}>
      <div role="search" className="mb-4 flex flex-wrap gap-2">
        <PromptInput
          label="Prompt"
          placeholder="All prompts"
          value={state.prompt}
          onChange={(value) => {
            setTyping(true);
            set({ prompt: value }, { typing: true });
          }}
          onLeave={() => setTyping(false)}
          className="min-w-40 flex-1 sm:max-w-xs"
        />
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
      {failed && !unknown && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {ready && scope && <Dashboard scope={scope} choices={state} choose={set} single={shown !== null} />}
      {ready && !scope && <EmptyState title="Choose a range">It has to end after it begins.</EmptyState>}
    </Page>
  );
}
