import { percent, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { type Column, DataTable } from "@/ui/table";
import { describeMetric, lift, metricName } from "./metrics";
import type { GuardrailOutcome } from "./model";

const value = ({ metric }: GuardrailOutcome, mean: number | null) => (mean === null ? "–" : describeMetric(metric).format(mean));

function Standing({ outcome }: { outcome: GuardrailOutcome }) {
  if (outcome.failed) return <Badge tone="bad">✕ failed</Badge>;
  if (outcome.regression === null) return <Badge>no data yet</Badge>;
  return outcome.regression > outcome.max_relative_regression ? <Badge tone="warn">! beyond, not certain</Badge> : <Badge tone="good">✓ within</Badge>;
}

const COLUMNS: Column<GuardrailOutcome>[] = [
  { key: "metric", title: "Metric", cell: ({ metric }) => metricName(metric) },
  { key: "variant", title: "Variant", cell: ({ variant }) => <span dir="auto">{variant}</span> },
  { key: "mean", title: "Its mean", numeric: true, wideOnly: true, cell: (outcome) => value(outcome, outcome.mean) },
  { key: "control", title: "Control", numeric: true, wideOnly: true, cell: (outcome) => value(outcome, outcome.control_mean) },
  { key: "worse", title: "Worse by", numeric: true, cell: ({ regression }) => (regression === null ? "–" : regression <= 0 ? "not worse" : lift(regression).slice(1)) },
  { key: "allowed", title: "Allowed", numeric: true, cell: ({ max_relative_regression: allowed }) => percent(allowed, 0) },
  { key: "samples", title: "From", numeric: true, wideOnly: true, cell: ({ samples }) => plural(samples, "sample") },
  { key: "state", title: "Now", numeric: true, cell: (outcome) => <Standing outcome={outcome} /> },
];

/** Each guardrail of each variant: what it saw, and what is allowed. */
export function GuardrailTable({ outcomes }: { outcomes: GuardrailOutcome[] }) {
  return (
    <div className="overflow-x-auto [--top:0px]" tabIndex={0} role="region" aria-label="Guardrails, table">
      <DataTable label="Guardrails" columns={COLUMNS} rows={outcomes} rowKey={({ metric, variant }) => `${metric} ${variant}`} />
    </div>
  );
}
