import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { promptQuery, versionQuery } from "@/api/queries";
import { usePermission } from "@/api/session";
import { count, duration, usd } from "@/lib/format";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Hint } from "@/ui/tooltip";
import type { Answer } from "./turn";

/** Under an answer: which version and variant it came from, and what it took. */
export function Facts({ answer }: { answer: Answer }) {
  const { variant, experimentId, model, tokensIn, tokensOut, tokensEstimated, cachedTokensIn, ttftMs, latencyMs, costUsd } = answer;
  const about = tokensEstimated ? "≈ " : "";
  return (
    <ul aria-label="About this answer" className="tabular flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
      {answer.promptId && (
        <li>
          <Origin prompt={answer.promptId} version={answer.versionId} environment={answer.environment} />
        </li>
      )}
      {variant && (
        <li>
          <VariantBadge variant={variant} experiment={experimentId} />
        </li>
      )}
      {model && <li className="min-w-0 break-words">{model}</li>}
      {tokensIn !== null && tokensOut !== null && (
        <Pair>
          <Fact hint={tokensEstimated ? "The provider has not counted the tokens: this is an estimate." : cachedTokensIn ? `${count(cachedTokensIn)} of the tokens in came from the provider's cache.` : "Tokens that the model read and wrote."}>
            {`${about}${count(tokensIn)} in · ${about}${count(tokensOut)} out`}
          </Fact>
          <Fact hint={costUsd === null ? "The price of this model is not known." : "By the list prices of the model."}>{costUsd === null ? "cost unknown" : usd(costUsd)}</Fact>
        </Pair>
      )}
      {latencyMs !== null && (
        <Pair>
          {ttftMs !== null && <Fact hint="From the request to the first piece of the answer.">{duration(ttftMs)} to first token</Fact>}
          <Fact hint="From the request to the end of the answer.">{duration(latencyMs)} in all</Fact>
        </Pair>
      )}
    </ul>
  );
}

/** Facts that stay on one line: where there is little room none stands alone on the next. */
const Pair = ({ children }: { children: ReactNode }) => <li className="flex whitespace-nowrap [&>*+*]:before:px-1 [&>*+*]:before:content-['·']">{children}</li>;

const Fact = ({ hint, children }: { hint: string; children: ReactNode }) => (
  <Hint text={hint}>
    <span className="cursor-default">{children}</span>
  </Hint>
);

function VariantBadge({ variant, experiment }: { variant: string; experiment: string | null }) {
  const badge = <Badge tone="accent">variant {variant}</Badge>;
  if (!experiment) return badge;
  const isCanary = experiment.startsWith("can_");
  return (
    <Link to={isCanary ? paths.canary(experiment) : paths.experiment(experiment)} aria-label={`Variant ${variant}: open the ${isCanary ? "canary" : "experiment"}`} className="rounded hover:underline">
      {badge}
    </Link>
  );
}

/** The prompt's name and version, as far as the key may read them. */
function Origin({ prompt, version, environment }: { prompt: string; version: string | null; environment: string | null }) {
  const { allowed } = usePermission("viewer");
  const name = useQuery({ ...promptQuery(prompt), enabled: allowed, staleTime: 60_000 }).data?.name;
  const number = useQuery({ ...versionQuery(prompt, version ?? ""), enabled: allowed && version !== null }).data?.version_number;
  if (!name) return <span className="font-mono">{prompt}</span>;
  return (
    <Link to={paths.prompt(name)} className="hover:text-ink hover:underline">
      <span className="font-mono">{name}</span>
      {number !== undefined && ` v${number}`}
      {environment === "staging" && " · staging"}
    </Link>
  );
}
