import { Fragment } from "react";
import { Interval, IntervalAxis } from "@/charts/visualise/interval";
import { intervalDomain } from "@/charts/prepare/axis";
import { count, percent } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { describeMetric, lift, metricName, standing } from "./metrics";
import { type Metric, METRICS, type MetricResult, type Results } from "./model";

const HEAD = "border-b border-line px-3 py-2 text-sm font-medium text-muted align-bottom max-md:px-2";
const CELL = "border-b border-line px-3 py-1.5 max-md:px-2";
/** Where there is no room it stands below the variant's name. */
const WIDE = "max-md:hidden";

/** One row for each metric and variant, their lifts on one axis. The primary metric comes first. */
export function ResultsTable({ results, suspect }: { results: Results; suspect: boolean }) {
  const primary = results.primary_metric;
  const metrics = METRICS.filter((metric) => metric === primary || results.metrics[metric]).toSorted((one, other) => Number(other === primary) - Number(one === primary));
  const rowsOf = (metric: Metric): MetricResult[] => results.metrics[metric] ?? (metric === primary ? results.variants : []);
  // What decides and what is decided sets the axis; of the rest, what does not fit is cut off.
  const matters = metrics.flatMap((metric) => rowsOf(metric).map(({ relative_interval: interval }) => (metric === primary || standing(metric, interval) !== "undecided" ? interval : null)));
  const domain = intervalDomain(matters);
  const certainty = `${Math.round((1 - results.alpha) * 100)} %`;
  return (
    <div className={suspect ? "grayscale" : ""}>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Results by metric and variant">
        <table aria-label="Results" className="w-full border-separate border-spacing-0">
          <thead>
            <tr>
              <th scope="col" className={`${HEAD} text-start`}>
                Variant
              </th>
              <th scope="col" className={`${HEAD} ${WIDE} text-end`}>
                Samples
              </th>
              <th scope="col" className={`${HEAD} ${WIDE} text-end`}>
                Mean
              </th>
              <th scope="col" className={`${HEAD} w-[38%] text-start`}>
                Lift over the control
                <IntervalAxis domain={domain} format={lift} />
              </th>
              <th scope="col" className={`${HEAD} text-end`}>
                Lift
              </th>
              <th scope="col" className={`${HEAD} ${WIDE} text-end`}>
                Best with
              </th>
            </tr>
          </thead>
          {metrics.map((metric) => (
            <tbody key={metric}>
              <tr>
                <th colSpan={6} scope="rowgroup" className="border-b border-line px-3 pt-4 pb-1.5 text-start text-base font-semibold">
                  {metricName(metric)}
                  {metric === primary && <Badge tone="accent" className="ms-2">decides</Badge>}
                  <span className="ms-2 text-sm font-normal text-muted">{describeMetric(metric).higherIsBetter ? "higher is better" : "lower is better"}</span>
                </th>
              </tr>
              {rowsOf(metric).map((row, index) => (
                <Row key={row.variant} metric={metric} row={row} isControl={index === 0} domain={domain} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
      <p className="mt-2 max-w-prose text-sm text-pretty text-muted">
        Intervals hold with {certainty} certainty however often you look. Grey ones contain zero: nothing is decided. “Best with” is how likely a variant is the best; it decides nothing by itself.
      </p>
    </div>
  );
}

const WORDS = { better: "better", worse: "worse", undecided: "undecided" };
const COLOURS = { better: "text-good", worse: "text-bad", undecided: "text-muted" };

function Row({ metric, row, isControl, domain }: { metric: Metric; row: MetricResult; isControl: boolean; domain: [number, number] }) {
  const { format } = describeMetric(metric);
  const stands = standing(metric, row.relative_interval);
  const range = row.relative_interval?.map(lift).join(" to ");
  return (
    <tr className="hover:bg-hover/60">
      <th scope="row" dir="auto" className={`${CELL} text-start font-normal`}>
        {row.variant}
        <span className="tabular block text-xs whitespace-nowrap text-muted md:hidden">
          {row.mean === null ? "" : `${format(row.mean)} of `}
          {count(row.samples)}
        </span>
        {row.probability_best !== null && <span className="tabular block text-xs whitespace-nowrap text-muted md:hidden">best with {likely(row.probability_best)}</span>}
      </th>
      <td className={`${CELL} ${WIDE} tabular text-end`}>{count(row.samples)}</td>
      <td className={`${CELL} ${WIDE} tabular text-end whitespace-nowrap`} title={row.interval ? `${format(row.interval[0])} to ${format(row.interval[1])}` : undefined}>
        {row.mean === null ? "–" : format(row.mean)}
      </td>
      <td className={CELL}>
        {isControl ? (
          <Interval domain={domain} interval={null} value={null} standing="undecided" label="The control: what the others are compared with" />
        ) : (
          <Interval domain={domain} interval={row.relative_interval} value={row.relative_lift} standing={stands} label={range ? `${range}, ${WORDS[stands]}` : "Nothing is known yet"} />
        )}
      </td>
      <td className={`${CELL} tabular text-end whitespace-nowrap`}>
        {isControl ? <span className="text-sm text-muted">control</span> : row.relative_lift === null ? "–" : <Lift value={row.relative_lift} word={WORDS[stands]} colour={COLOURS[stands]} range={range} />}
      </td>
      <td className={`${CELL} ${WIDE} tabular text-end`}>{row.probability_best === null ? "–" : likely(row.probability_best)}</td>
    </tr>
  );
}

function Lift({ value, word, colour, range }: { value: number; word: string; colour: string; range: string | undefined }) {
  return (
    <Fragment>
      <span className="font-medium">{lift(value)}</span>
      <span className={`block text-xs ${colour}`} title={range}>
        {word}
      </span>
    </Fragment>
  );
}

/** Nothing is certain: neither 0 nor 100. */
function likely(probability: number): string {
  if (probability > 0.999) return "> 99.9 %";
  return probability < 0.001 ? "< 0.1 %" : percent(probability);
}
