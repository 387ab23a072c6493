import type { Prompt } from "@/api/types";
import { useSearchState } from "@/lib/search-state";
import { Select } from "@/ui/field";
import { EmptyState } from "@/ui/states";
import { CHOICE_DEFAULTS, Dashboard } from "./dashboard";
import { RANGE_DEFAULTS } from "./range";
import { RangeControls } from "./range-controls";
import { useScope } from "./use-scope";

/** How a prompt and its versions do, on the prompt's own page. */
export function PromptMetrics({ prompt }: { prompt: Prompt }) {
  const [state, set] = useSearchState({ ...RANGE_DEFAULTS, ...CHOICE_DEFAULTS, by: "version", environment: "" });
  const scope = useScope({ range: state.range, from: state.from, to: state.to, zone: state.zone }, { prompt_id: prompt.id, environment: state.environment || undefined });
  return (
    <>
      <div className="mb-4 flex flex-wrap gap-2">
        <RangeControls state={state} set={set} />
        <Select aria-label="Environment" value={state.environment} onChange={(event) => set({ environment: event.target.value })} className="w-auto!">
          <option value="">All environments</option>
          <option value="production">production</option>
          <option value="staging">staging</option>
        </Select>
      </div>
      {scope ? <Dashboard scope={scope} choices={state} choose={set} single /> : <EmptyState title="Choose a range">It has to end after it begins.</EmptyState>}
    </>
  );
}
