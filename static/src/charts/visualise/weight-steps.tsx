import { useId } from "react";
import { timeLabels } from "../prepare/axis";
import { Legend, patternOf, Patterns } from "./marks";
import { useWidth } from "./use-width";

const MARGIN = { top: 8, right: 8, bottom: 22, left: 52 };
const HEIGHT = 180;

const READER_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface WeightPeriod {
  from: number;
  to: number;
  /** Shares by arm, together 1. */
  weights: number[];
}

/** How traffic was shared over time: one band for each arm, a step at each change. */
export function WeightSteps({ label, arms, periods }: { label: string; arms: string[]; periods: WeightPeriod[] }) {
  const [ref, width] = useWidth();
  const id = useId();
  const first = periods[0]?.from ?? 0;
  const last = Math.max(periods.at(-1)?.to ?? 0, first + 1);
  const inner = Math.max(0, width - MARGIN.left - MARGIN.right);
  const x = (time: number) => MARGIN.left + (inner * (time - first)) / (last - first);
  const y = (share: number) => HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom) * share;
  const steps = 96;
  const grid = Array.from({ length: steps + 1 }, (_, index) => first + ((last - first) * index) / steps);
  const labels = timeLabels(grid.map(roundMinute), READER_ZONE, Math.max(2, Math.floor(inner / 90))).filter(({ label: text }, index, all) => text !== all[index - 1]?.label);
  return (
    <div className="flex flex-col gap-3">
      <div ref={ref} role="img" aria-label={label} style={{ height: HEIGHT }}>
        {width > 0 && (
          <svg aria-hidden width={width} height={HEIGHT} className="block">
            <Patterns id={id} count={arms.length} />
            {periods.map(({ from, to, weights }) => {
              let base = 0;
              return weights.map((weight, arm) => {
                const top = base + weight;
                const band = <rect key={`${from}-${arm}`} x={x(from)} width={Math.max(0.5, x(to) - x(from))} y={y(top)} height={Math.max(0, y(base) - y(top))} fill={patternOf(id, arm)} stroke="var(--surface)" strokeWidth="0.5" />;
                base = top;
                return band;
              });
            })}
            {[0, 0.5, 1].map((share) => (
              <text key={share} x={MARGIN.left - 8} y={y(share)} dy="0.32em" textAnchor="end" className="tabular fill-(--muted) text-xs">
                {share * 100} %
              </text>
            ))}
            {labels.map(({ index, label: text }) => (
              <text key={index} x={x(grid[index] ?? first)} y={HEIGHT - 4} textAnchor={index > steps * 0.9 ? "end" : "start"} className="tabular fill-(--muted) text-xs">
                {text}
              </text>
            ))}
          </svg>
        )}
      </div>
      <Legend names={arms} kind="area" id={id} />
    </div>
  );
}

const roundMinute = (time: number): number => Math.round(time / 60_000) * 60_000;
