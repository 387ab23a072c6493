import type { Prompt } from "@/api/types";
import { EmptyState } from "@/ui/states";

/** How a prompt's versions do, on the prompt's own page. */
export function PromptMetrics({ prompt }: { prompt: Prompt }) {
  return (
    <EmptyState title="No metrics yet">
      Requests, latency, cost and approval of <span className="font-mono">{prompt.name}</span> appear here once it is used.
    </EmptyState>
  );
}
