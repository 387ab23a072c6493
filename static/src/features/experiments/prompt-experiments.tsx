import type { Prompt } from "@/api/types";
import { paths } from "@/paths";
import { ButtonLink } from "@/ui/button";
import { EmptyState } from "@/ui/states";

/** A prompt's experiments, on the prompt's own page. */
export function PromptExperiments({ prompt }: { prompt: Prompt }) {
  return (
    <EmptyState title="No experiments" action={<ButtonLink to={paths.experimentNew()}>Start an experiment</ButtonLink>}>
      An experiment serves several versions of <span className="font-mono">{prompt.name}</span> side by side and says which is better.
    </EmptyState>
  );
}
