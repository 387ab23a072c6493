import { ChartFrame } from "@/charts/visualise/chart-frame";
import { WeightSteps } from "@/charts/visualise/weight-steps";
import { dateTime, percent, plural } from "@/lib/format";
import { useNow } from "@/ui/time";
import { weightPeriods } from "./weights";
import type { Experiment, Results } from "./model";

/** How traffic was shared, from the first period until now or the end. */
export function WeightHistory({ experiment, results }: { experiment: Experiment; results: Results }) {
  const now = useNow();
  const arms = results.variants.map(({ name }) => name);
  const periods = weightPeriods(results.allocation_periods, experiment.ended_at ? Date.parse(experiment.ended_at) : now);
  const table = {
    columns: [{ title: "Since" }, { title: "Reason" }, ...arms.map((title) => ({ title, numeric: true, format: (share: number) => percent(share) }))],
    rows: results.allocation_periods.map(({ started_at, reason }, index) => [dateTime(started_at), reason ?? "", ...(periods[index]?.weights ?? [])]),
  };
  return (
    <ChartFrame title="Weights over time" note={periods.length > 1 ? plural(periods.length - 1, "change") : undefined} table={table} file={`weights-${experiment.id}`}>
      <WeightSteps label={`Weights of ${arms.join(", ")} over time`} arms={arms} periods={periods} />
    </ChartFrame>
  );
}
