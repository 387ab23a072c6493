import { Fragment } from "react";
import { Interval, IntervalAxis } from "@/charts/visualise/interval";
import { intervalDomain } from "@/charts/prepare/axis";
import { count, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { describeMetric, lift, likely, metricName, standing } from "./metrics";
import { type Metric, METRICS, type MetricResult, type Results } from "./model";

/** Below the switches, which stay as well. Where the table scrolls sideways its head cannot stay. */
const HEAD = "border-b border-line bg-ground md:sticky md:top-[calc(var(--top)+2.75rem)] md:z-10 px-3 py-2 text-sm font-medium text-muted align-bottom max-md:px-2";
const CELL = "border-b border-line px-3 py-1.5 max-md:px-2";
/** Where there is no room it stands below the variant's name. */
const WIDE = "max-md:hidden";

/** One row for each metric and variant but the control, their lifts over it on one axis. The primary metric comes first. */
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
      <div className="max-md:overflow-x-auto" tabIndex={0} role="region" aria-label="Results by metric and variant">
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
              <th scope="col" className={`${HEAD} text-end`}>
                Lift over the control
              </th>
              <th scope="col" className={`${HEAD} w-[42%] text-start`}>
                Interval, {certainty}
                <IntervalAxis domain={domain} format={lift} />
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
                  <ControlFacts metric={metric} row={rowsOf(metric)[0]} />
                </th>
              </tr>
              {rowsOf(metric)
                .slice(1)
                .map((row) => (
                  <Row key={row.variant} metric={metric} row={row} domain={domain} />
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

/** What the others are compared with. */
function ControlFacts({ metric, row }: { metric: Metric; row: MetricResult | undefined }) {
  if (!row) return null;
  const facts = [`${row.mean === null ? "no value" : describeMetric(metric).format(row.mean)} of ${plural(row.samples, "sample")}`, row.probability_best !== null && `best with ${likely(row.probability_best)}`];
  return (
    <span className="tabular float-end text-sm font-normal text-muted max-md:float-none max-md:block" title={row.interval?.map(describeMetric(metric).format).join(" to ")}>
      <span dir="auto">{row.variant}</span>: {facts.filter(Boolean).join(" · ")}
    </span>
  );
}

function Row({ metric, row, domain }: { metric: Metric; row: MetricResult; domain: [number, number] }) {
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
      <td className={`${CELL} tabular text-end whitespace-nowrap`}>{row.relative_lift === null ? "–" : <Lift value={row.relative_lift} word={WORDS[stands]} colour={COLOURS[stands]} range={range} />}</td>
      <td className={CELL}>
        <Interval domain={domain} interval={row.relative_interval} value={row.relative_lift} standing={stands} label={range ? `${range}, ${WORDS[stands]}` : "Nothing is known yet"} />
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
