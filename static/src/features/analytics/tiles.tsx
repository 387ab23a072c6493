import { ArrowDown, ArrowRight, ArrowUp } from "lucide-react";
import { duration, percent, shortCount, usd } from "@/lib/format";
import { Skeleton } from "@/ui/states";
import { changeOf, isComparable } from "./figures";
import type { Measures, Overview } from "./model";

interface Tile {
  title: string;
  value: (measures: Measures) => string | null;
  note?: (measures: Measures) => string | undefined;
  /** Its name among the changes. */
  change: string;
  /** How much it is computed from; requests, where nothing is said. */
  counted?: (measures: Measures) => number;
  welcome: "up" | "down" | "either";
}

const TILES: Tile[] = [
  { title: "Requests", value: ({ requests }) => shortCount(requests), change: "requests", welcome: "either" },
  { title: "Error rate", value: ({ error_rate: rate }) => (rate === null ? null : percent(rate, 2)), note: ({ errors }) => (errors > 0 ? `${shortCount(errors)} failed` : undefined), change: "error_rate", welcome: "down" },
  { title: "Latency, median", value: ({ latency_ms: latency }) => latency && duration(latency.p50), note: ({ latency_ms: latency }) => (latency ? `p95 ${duration(latency.p95)}` : undefined), change: "latency_p50_ms", welcome: "down" },
  { title: "First token, median", value: ({ ttft_ms: ttft }) => ttft && duration(ttft.p50), note: ({ ttft_ms: ttft }) => (ttft ? `p95 ${duration(ttft.p95)}` : undefined), change: "ttft_p50_ms", welcome: "down" },
  { title: "Cost", value: ({ cost_usd }) => usd(cost_usd), note: ({ unpriced_requests: unpriced }) => (unpriced > 0 ? `${shortCount(unpriced)} without a price` : undefined), change: "cost_usd", welcome: "either" },
  { title: "Tokens out", value: ({ tokens_out: out }) => shortCount(out), note: ({ tokens_in }) => `${shortCount(tokens_in)} in`, change: "tokens_out", welcome: "either" },
  { title: "Approval", value: ({ approval: { rate } }) => (rate === null ? null : percent(rate)), note: ({ approval: { count } }) => (count > 0 ? `${shortCount(count)} ratings` : undefined), change: "approval_rate", counted: ({ approval: { count } }) => count, welcome: "up" },
];

/** The period's figures, each beside the period before: tiles, or where there is little room the lines of one list. */
export function Tiles({ overview }: { overview: Overview | undefined }) {
  const isNew = overview !== undefined && !TILES.some((tile) => changeIn(overview, tile));
  return (
    <div>
      <dl className="max-sm:card sm:grid sm:grid-cols-4 sm:gap-3 xl:grid-cols-7" aria-label="Figures">
        {TILES.map((tile) => (
          <div key={tile.title} className="flex min-w-0 max-sm:items-baseline max-sm:gap-3 max-sm:border-b max-sm:border-line max-sm:px-3 max-sm:py-1.5 max-sm:last:border-b-0 sm:card sm:flex-col sm:p-3">
            <dt className="truncate text-sm text-muted max-sm:flex-1">{tile.title}</dt>
            <dd className="flex max-sm:items-baseline max-sm:gap-3 sm:flex-1 sm:flex-col">{overview ? <Filled tile={tile} overview={overview} /> : <Skeleton className="mt-1 h-5 w-16 sm:h-12" />}</dd>
          </div>
        ))}
      </dl>
      {isNew && <p className="mt-2 text-sm text-muted">There is no earlier data to compare with.</p>}
    </div>
  );
}

const ARROWS = { up: ArrowUp, down: ArrowDown, none: ArrowRight };

/** How a figure changed, if there was enough of it before. */
function changeIn(overview: Overview, { change, welcome, counted = ({ requests }) => requests }: Tile) {
  return isComparable(counted(overview), counted(overview.previous)) ? changeOf(overview.change[change], welcome) : null;
}

function Filled({ tile, overview }: { tile: Tile; overview: Overview }) {
  const value = tile.value(overview);
  const change = changeIn(overview, tile);
  const before = tile.value(overview.previous);
  const Icon = ARROWS[change?.direction ?? "none"];
  const tone = change?.good === true ? "text-good" : change?.good === false ? "text-bad" : "text-muted";
  const note = tile.note?.(overview);
  return (
    <>
      <span className="tabular text-xl font-semibold tracking-tight max-sm:text-base">{value ?? <span className="text-muted">–</span>}</span>
      {note && <span className="tabular truncate text-sm text-muted max-sm:hidden">{note}</span>}
      {(change || value === null) && (
        <span className={`tabular flex items-center gap-1 text-sm sm:mt-auto sm:pt-1 ${tone}`} title={before === null ? undefined : `${before} in the period before`}>
          {change ? <Icon aria-hidden size={13} className="shrink-0" /> : null}
          {change ? change.text : "no data"}
          {change && change.good !== null && <span className="sr-only">{change.good ? "better" : "worse"} than the period before</span>}
        </span>
      )}
    </>
  );
}
