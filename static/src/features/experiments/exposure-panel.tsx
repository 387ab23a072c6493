import { CircleAlert, CircleCheck, CircleDashed } from "lucide-react";
import { count, percent, plural } from "@/lib/format";
import { colourOf } from "@/charts/visualise/marks";
import { shares } from "./conclusion";
import type { Results } from "./model";

/** Who met which variant, against the weights, and whether that is as planned. */
export function ExposurePanel({ results, coverage }: { results: Results; coverage: number }) {
  const rows = shares(results.variants);
  const total = results.variants.reduce((sum, { exposures }) => sum + exposures, 0);
  // Weights that have changed give no one share to expect.
  const steady = results.allocation_periods.length === 1;
  return (
    <section aria-labelledby="exposures" className="card flex flex-col gap-3 p-4">
      <div className="flex items-baseline gap-2">
        <h2 id="exposures" className="font-semibold">
          Exposures
        </h2>
        <span className="tabular text-muted">{plural(total, "user")}</span>
        {coverage === 0 && <span className="text-muted">· nobody takes part: coverage is 0 %</span>}
      </div>
      <ul className="flex flex-col gap-2.5">
        {rows.map(({ name, exposures, observed }, index) => {
          const expected = results.variants[index]?.weight ?? 0;
          return (
            <li key={name}>
              <div className="flex items-baseline gap-2 text-sm">
                <span dir="auto" className="min-w-0 truncate font-medium">
                  {name}
                </span>
                <span className="text-muted">v{results.variants[index]?.version_number ?? "?"}</span>
                <span className="tabular ms-auto whitespace-nowrap">
                  {count(exposures)}
                  <span className="text-muted">
                    {observed !== null && ` · ${percent(observed)}`}
                    {` · ${steady ? "planned" : "weight now"} ${percent(expected)}`}
                  </span>
                </span>
              </div>
              <div className="relative mt-1 h-2 rounded-full bg-hover">
                <div className="h-full rounded-full" style={{ width: `${(observed ?? 0) * 100}%`, background: colourOf(index) }} />
                {steady && <span aria-hidden title="planned" className="absolute -top-0.5 h-3 w-0.5 bg-ink" style={{ left: `${expected * 100}%` }} />}
              </div>
            </li>
          );
        })}
      </ul>
      <Checks results={results} />
    </section>
  );
}

/** Nothing is certain: never 0. */
export const probability = (p: number): string => (p < 0.001 ? "< 0.001" : p.toFixed(3));

const LINE = "flex items-start gap-2 text-sm";

function Checks({ results: { srm, in_two_arms: both } }: { results: Results }) {
  const untested = srm.degrees_of_freedom === 0;
  const Icon = untested ? CircleDashed : srm.alert ? CircleAlert : CircleCheck;
  return (
    <div className="mt-auto flex flex-col gap-1.5 border-t border-line pt-3">
      <p className={`${LINE} ${srm.alert ? "font-medium text-bad" : ""}`}>
        <Icon aria-hidden size={15} className={`mt-0.5 shrink-0 ${untested ? "text-muted" : srm.alert ? "" : "text-good"}`} />
        <span>
          {untested ? "The split cannot be checked yet." : srm.alert ? "The split is not as planned." : "The split is as planned."}{" "}
          {!untested && (
            <span className="tabular whitespace-nowrap text-muted">
              χ² {srm.chi_squared?.toFixed(2) ?? "infinite"}, p {probability(srm.p_value)}
            </span>
          )}
        </span>
      </p>
      <p className={`${LINE} ${both.alert ? "font-medium text-bad" : ""}`}>
        {both.alert ? <CircleAlert aria-hidden size={15} className="mt-0.5 shrink-0" /> : <CircleCheck aria-hidden size={15} className="mt-0.5 shrink-0 text-good" />}
        <span>
          {both.units === 0 ? "Nobody met two variants." : `${plural(both.units, "user")} met two variants and ${both.units === 1 ? "is" : "are"} left out.`} {both.units > 0 && <span className="tabular text-muted">{percent(both.share, 2)}</span>}
        </span>
      </p>
    </div>
  );
}
