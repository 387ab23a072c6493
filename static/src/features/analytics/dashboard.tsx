/** The charts of analytics, for all traffic or one prompt's. */
import { useQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useSession } from "@/api/session";
import { bucketLabel } from "@/charts/prepare/axis";
import type { ChartTable } from "@/charts/prepare/table";
import { ChartFrame } from "@/charts/visualise/chart-frame";
import { Histogram } from "@/charts/visualise/histogram";
import { SERIES_LIMIT } from "@/charts/visualise/marks";
import { ShareInterval } from "@/charts/visualise/share-interval";
import { TimeColumns } from "@/charts/visualise/time-columns";
import { TimeLines } from "@/charts/visualise/time-lines";
import { curlCommand } from "@/lib/curl";
import { count, duration, percent, plural, shortCount, usd } from "@/lib/format";
import { paths } from "@/paths";
import { CodeBlock } from "@/ui/copy";
import { Select } from "@/ui/field";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { SortButton } from "@/ui/table";
import { useNow } from "@/ui/time";
import { coarse, first, groupName, measureSeries, seriesTable, sortedBy, timelineOf, usageSeries } from "./figures";
import type { Group, Measures, TimePoint, Timeseries } from "./model";
import { analyticsVersionsQuery, costsQuery, experimentNamesQuery, latencyQuery, overviewQuery, ratingsQuery, type Scope, timeseriesQuery } from "./queries";
import { Tiles } from "./tiles";

export interface Choices {
  measure: string;
  by: string;
  costs: string;
  /** Of latency: "" or "log". */
  scale: string;
  /** The column that versions are sorted by, and in which order. */
  sort: string;
  order: string;
}

export const CHOICE_DEFAULTS: Choices = { measure: "requests", by: "", costs: "", scale: "", sort: "requests", order: "desc" };

interface PartProps {
  scope: Scope;
  choices: Choices;
  choose: (changes: Partial<Choices>) => void;
  /** One prompt's: groups by prompt would say nothing. */
  single: boolean;
}

export function Dashboard(props: PartProps) {
  const overview = useQuery(overviewQuery(props.scope));
  if (overview.isError && !overview.data) return <ErrorState error={overview.error} onRetry={() => void overview.refetch()} title="Analytics could not be loaded" />;
  if (overview.data && overview.data.requests === 0 && overview.data.previous.requests === 0) return <Nothing />;
  return (
    <div className={`flex flex-col gap-4 ${overview.isPlaceholderData ? "opacity-60 transition-opacity delay-200" : ""}`}>
      <Tiles overview={overview.data} />
      <Usage {...props} />
      <div className="grid gap-4 lg:grid-cols-2">
        <LatencyOverTime {...props} />
        <LatencySpread {...props} />
        <CostsBy {...props} />
        <ApprovalByVariant {...props} />
        <RateOverTime {...props} title="Error rate" file="error-rate" measure={({ error_rate }) => error_rate} />
        <RateOverTime {...props} scope={{ ...props.scope, interval: coarse(props.scope.from, props.scope.to) }} title="Approval" file="approval" measure={({ approval }) => approval.rate} most={1} />
      </div>
      <VersionTable {...props} />
    </div>
  );
}

function Nothing() {
  return (
    <EmptyState icon={ChartNoAxesColumn} title="Nothing happened in this time">
      Answers of chat and of <span className="font-mono">/v1/chat/completions</span> are counted by themselves. Applications that call models themselves tell of it:
      <CodeBlock
        wrap
        label="command"
        className="mt-4 text-start"
        code={curlCommand("/api/ingest", { events: [{ id: "1", type: "inference", model: "gpt-4o-mini", tokens_in: 200, tokens_out: 50, latency_ms: 800 }] })}
      />
    </EmptyState>
  );
}

interface StateProps {
  query: { isError: boolean; error: Error | null; data: unknown; refetch: () => unknown };
  isEmpty: boolean;
  height?: string;
}

/** What stands in a chart's place, if something does. */
function instead({ query, isEmpty, height = "h-56" }: StateProps): ReactNode {
  if (query.isError && query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton className={`${height} w-full`} />;
  return isEmpty ? <p className={`flex ${height} items-center justify-center text-muted`}>Nothing in this time</p> : undefined;
}

const NO_TABLE: ChartTable = { columns: [], rows: [] };
const labelIn = ({ time_zone: zone }: Scope, data: Timeseries) => (bucket: string) => {
  const at = Date.parse(bucket);
  const next = data.buckets[data.buckets.indexOf(bucket) + 1];
  return bucketLabel(at, next ? Date.parse(next) : at + (data.interval === "1d" ? 86_400_000 : 0), zone);
};

const MEASURES: Record<string, { title: string; value: (point: TimePoint) => number; format: (value: number) => string }> = {
  requests: { title: "Requests", value: ({ requests }) => requests, format: shortCount },
  tokens: { title: "Tokens", value: ({ tokens_in, tokens_out }) => tokens_in + tokens_out, format: shortCount },
  cost: { title: "Cost", value: ({ cost_usd }) => cost_usd, format: usd },
};

const GROUPS = { "": "All together", prompt: "By prompt", version: "By version", model: "By model", environment: "By environment", source: "By source", status: "By outcome" };

function Usage({ scope, choices, choose, single }: PartProps) {
  const now = useNow();
  const by = choices.by in GROUPS && !(single && choices.by === "prompt") ? choices.by : "";
  const all = useQuery(timeseriesQuery(scope));
  const grouped = useQuery({ ...timeseriesQuery(scope, by), enabled: by !== "" });
  const query = by === "" ? all : grouped;
  const fallback = MEASURES["requests"];
  const measure = MEASURES[choices.measure] ?? fallback;
  if (!measure) return null;
  const data = query.data;
  const { series, note } = data ? usageSeries(data, all.data, SERIES_LIMIT, measure.value, single) : { series: [], note: undefined };
  const named = by === "" ? series.map((each) => ({ ...each, name: measure.title })) : series;
  return (
    <ChartFrame
      title="Usage"
      note={note}
      file={`usage-${choices.measure}`}
      table={data ? seriesTable(data.buckets, named, measure.format, labelIn(scope, data)) : NO_TABLE}
      empty={instead({ query, isEmpty: series.every(({ values }) => values.every((value) => !value)) })}
      controls={
        <>
          <Select aria-label="What is counted" value={measure === fallback ? "requests" : choices.measure} onChange={(event) => choose({ measure: event.target.value })} className="h-7 w-auto! text-sm">
            {Object.entries(MEASURES).map(([value, { title }]) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </Select>
          <Select aria-label="Usage by" value={by} onChange={(event) => choose({ by: event.target.value })} className="h-7 w-auto! text-sm">
            {Object.entries(GROUPS).map(([value, title]) => (single && value === "prompt" ? null : (
              <option key={value} value={value}>
                {title}
              </option>
            )))}
          </Select>
        </>
      }
    >
      {data && <TimeColumns label={`${measure.title} over time`} timeline={timelineOf(data, now)} timeZone={scope.time_zone} series={named} format={measure.format} />}
    </ChartFrame>
  );
}

function LatencyOverTime({ scope, choices, choose }: PartProps) {
  const now = useNow();
  const query = useQuery(timeseriesQuery(scope));
  const data = query.data;
  const series = data ? measureSeries(data, { p50: ({ latency_ms: latency }) => latency?.p50, p95: ({ latency_ms: latency }) => latency?.p95, p99: ({ latency_ms: latency }) => latency?.p99 }) : [];
  return (
    <ChartFrame
      title="Latency over time"
      file="latency"
      controls={
        <Select aria-label="Scale of latency" value={choices.scale === "log" ? "log" : ""} onChange={(event) => choose({ scale: event.target.value })} className="h-7 w-auto! text-sm">
          <option value="">Linear</option>
          <option value="log">Logarithmic</option>
        </Select>
      }
      table={data ? seriesTable(data.buckets, series, duration, labelIn(scope, data)) : NO_TABLE}
      empty={instead({ query, isEmpty: series.every(({ values }) => values.every((value) => value === null)) })}
    >
      {data && <TimeLines label="Latency over time" timeline={timelineOf(data, now)} timeZone={scope.time_zone} series={series} format={duration} isLog={choices.scale === "log"} />}
    </ChartFrame>
  );
}

function LatencySpread({ scope }: PartProps) {
  const query = useQuery(latencyQuery(scope));
  const spread = query.data?.latency_ms;
  const bars = query.data?.histogram ?? [];
  const table: ChartTable = {
    columns: [
      { title: "From", numeric: true, format: duration },
      { title: "To", numeric: true, format: duration },
      { title: "Requests", numeric: true, format: count },
    ],
    rows: bars.map(({ from_ms, to_ms, count: requests }) => [from_ms, to_ms, requests]),
  };
  return (
    <ChartFrame title="Latency distribution" note={spread ? plural(spread.count, "request") : undefined} file="latency-distribution" table={table} empty={instead({ query, isEmpty: !spread || bars.length === 0 })}>
      {spread && (
        <Histogram
          label="Latency distribution"
          bars={bars.map(({ from_ms, to_ms, count: requests }) => ({ from: from_ms, to: to_ms, count: requests }))}
          lines={[
            { name: "p50", at: spread.p50 },
            { name: "p95", at: spread.p95 },
            { name: "p99", at: spread.p99 },
          ]}
          format={duration}
          formatCount={shortCount}
        />
      )}
    </ChartFrame>
  );
}

const COST_ROWS = 8;

function CostsBy({ scope, choices, choose, single }: PartProps) {
  const isOperator = useSession().active?.me.team.is_operator === true;
  const groups = { ...(single ? {} : { prompt: "By prompt" }), version: "By version", model: "By model", ...(isOperator && !single ? { team: "By team" } : {}) };
  const by = choices.costs in groups ? choices.costs : single ? "version" : "prompt";
  const query = useQuery(costsQuery(scope, by));
  const rows = query.data?.groups ?? [];
  const { shown, note } = first(rows, COST_ROWS, query.data?.groups_total ?? 0);
  const most = Math.max(...shown.map(({ cost_usd }) => cost_usd), 0);
  const unpriced = query.data?.unpriced_requests ?? 0;
  const table: ChartTable = {
    columns: [
      { title: "Group" },
      { title: "Cost", numeric: true, format: usd },
      { title: "Share", numeric: true, format: (share) => percent(share) },
      { title: "Per request", numeric: true, format: usd },
      { title: "Requests", numeric: true, format: count },
      { title: "Tokens in", numeric: true, format: count },
      { title: "Tokens out", numeric: true, format: count },
    ],
    rows: rows.map((row) => [groupName(row.group), row.cost_usd, row.share, row.cost_per_request_usd, row.requests, row.tokens_in, row.tokens_out]),
  };
  return (
    <ChartFrame
      title="Cost"
      note={note}
      file={`cost-by-${by}`}
      table={table}
      empty={instead({ query, isEmpty: rows.length === 0 })}
      controls={
        <Select aria-label="Cost by" value={by} onChange={(event) => choose({ costs: event.target.value })} className="h-7 w-auto! text-sm">
          {Object.entries(groups).map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </Select>
      }
    >
      <ul className="flex flex-col gap-2.5">
        {shown.map((row) => (
          <li key={row.group.key ?? ""}>
            <div className="flex items-baseline gap-2 text-sm">
              {single ? <span>{groupName(row.group, true)}</span> : <GroupLink group={row.group} />}
              <span className="tabular ms-auto whitespace-nowrap">
                {usd(row.cost_usd)} <span className="text-muted">{row.share === null ? "" : percent(row.share, 0)}</span>
              </span>
            </div>
            <div className="mt-1 h-2 rounded-full bg-hover">
              <div className="h-full rounded-full bg-(--series-1)" style={{ width: `${most > 0 ? (row.cost_usd / most) * 100 : 0}%` }} />
            </div>
          </li>
        ))}
      </ul>
      {unpriced > 0 && <p className="mt-3 text-sm text-muted">{plural(unpriced, "request")} of models without a known price count as nothing.</p>}
    </ChartFrame>
  );
}

function GroupLink({ group }: { group: Group }) {
  const name = groupName(group);
  return group.prompt_name ? (
    <Link to={paths.prompt(group.prompt_name, "metrics")} dir="auto" className="min-w-0 truncate font-mono text-sm hover:underline">
      {name}
    </Link>
  ) : (
    <span dir="auto" className="min-w-0 truncate">
      {name}
    </span>
  );
}

const VARIANT_ROWS = 8;

function ApprovalByVariant({ scope }: PartProps) {
  const query = useQuery(ratingsQuery(scope));
  const names = useQuery(experimentNamesQuery);
  const rated = (query.data?.by_variant ?? []).filter(({ variant, approval }) => variant !== null && approval !== null);
  const shown = rated.slice(0, VARIANT_ROWS);
  const experiments = [...new Set(shown.map(({ experiment_id }) => experiment_id))];
  const name = (id: string | null) => (id && names.data?.get(id)) ?? id ?? "not in an experiment";
  const table: ChartTable = {
    columns: [
      { title: "Experiment" },
      { title: "Variant" },
      { title: "Approval", numeric: true, format: (share) => percent(share) },
      { title: "At least", numeric: true, format: (share) => percent(share) },
      { title: "At most", numeric: true, format: (share) => percent(share) },
      { title: "Up", numeric: true, format: count },
      { title: "Down", numeric: true, format: count },
    ],
    rows: rated.map((row) => [name(row.experiment_id), row.variant, row.approval, row.approval_interval?.[0] ?? null, row.approval_interval?.[1] ?? null, row.positive, row.negative]),
  };
  return (
    <ChartFrame
      title="Approval by variant"
      note={rated.length > shown.length ? `First ${shown.length} of ${rated.length}` : "Every rating counts, also several of one user. Bars: 95 % certainty"}
      file="approval-by-variant"
      table={table}
      empty={instead({ query, isEmpty: rated.length === 0 })}
    >
      <div className="flex flex-col gap-3">
        {experiments.map((id) => (
          <div key={id}>
            {id?.startsWith("exp_") ? (
              <Link to={paths.experiment(id)} dir="auto" className="text-sm font-medium hover:underline">
                {name(id)}
              </Link>
            ) : (
              <span className="text-sm font-medium">{id?.startsWith("can_") ? "Canary" : name(id)}</span>
            )}
            <ul className="flex flex-col">
              {shown
                .filter(({ experiment_id }) => experiment_id === id)
                .map(({ variant, approval, approval_interval: interval, count: ratings }, index) => (
                  <li key={variant} className="flex items-center gap-3 text-sm">
                    <span dir="auto" className="w-28 shrink-0 truncate text-muted">
                      {variant}
                    </span>
                    <ShareInterval share={approval ?? 0} interval={interval} index={index} label={`${variant}: ${percent(approval ?? 0)}${interval ? `, ${percent(interval[0])} to ${percent(interval[1])}` : ""}`} />
                    <span className="tabular w-14 text-end">{percent(approval ?? 0)}</span>
                    <span className="tabular w-20 text-end text-muted max-sm:hidden">{plural(ratings, "rating")}</span>
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </div>
    </ChartFrame>
  );
}

interface RateProps extends PartProps {
  title: string;
  file: string;
  measure: (measures: Measures) => number | null;
  most?: number;
}

/** With as many digits as it needs: on an axis "20 %", of a rare error "0.04 %". */
const rate = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

function RateOverTime({ scope, title, file, measure, most }: RateProps) {
  const now = useNow();
  const query = useQuery(timeseriesQuery(scope));
  const data = query.data;
  const series = data ? measureSeries(data, { [title]: measure }) : [];
  return (
    <ChartFrame
      title={`${title} over time`}
      file={`${file}-over-time`}
      table={data ? seriesTable(data.buckets, series, rate, labelIn(scope, data)) : NO_TABLE}
      empty={instead({ query, isEmpty: series.every(({ values }) => values.every((value) => value === null)) })}
    >
      {data && <TimeLines label={`${title} over time`} timeline={timelineOf(data, now)} timeZone={scope.time_zone} series={series} format={rate} {...(most === undefined ? {} : { most })} height={180} />}
    </ChartFrame>
  );
}

const VERSION_ROWS = 20;

interface VersionColumn {
  key: string;
  title: string;
  numeric?: boolean;
  format?: (value: number) => string;
  value: (row: Group & Measures) => string | number | null;
}

const VERSION_COLUMNS: VersionColumn[] = [
  { key: "version", title: "Version", value: (row) => groupName(row) },
  { key: "requests", title: "Requests", numeric: true, format: count, value: ({ requests }) => requests },
  { key: "errors", title: "Error rate", numeric: true, format: (share) => percent(share, 2), value: ({ error_rate }) => error_rate },
  { key: "p50", title: "p50", numeric: true, format: duration, value: ({ latency_ms: latency }) => latency?.p50 ?? null },
  { key: "p95", title: "p95", numeric: true, format: duration, value: ({ latency_ms: latency }) => latency?.p95 ?? null },
  { key: "p99", title: "p99", numeric: true, format: duration, value: ({ latency_ms: latency }) => latency?.p99 ?? null },
  { key: "cost", title: "Cost", numeric: true, format: usd, value: ({ cost_usd }) => cost_usd },
  { key: "each", title: "Per request", numeric: true, format: usd, value: ({ cost_usd, requests, unpriced_requests: unpriced }) => (requests > unpriced ? cost_usd / (requests - unpriced) : null) },
  { key: "approval", title: "Approval", numeric: true, format: (share) => percent(share), value: ({ approval }) => approval.rate },
  { key: "ratings", title: "Ratings", numeric: true, format: count, value: ({ approval }) => approval.count },
];
const BY_REQUESTS = VERSION_COLUMNS[1];

function VersionTable({ scope, single, choices, choose }: PartProps) {
  const query = useQuery(analyticsVersionsQuery(scope));
  const column = VERSION_COLUMNS.find(({ key }) => key === choices.sort) ?? BY_REQUESTS;
  const order = choices.order === "asc" ? "asc" : "desc";
  const versions = sortedBy(query.data?.versions ?? [], (row) => column?.value(row) ?? null, order);
  const { shown, note } = first(versions, VERSION_ROWS, query.data?.versions_total ?? 0);
  const table: ChartTable = { columns: VERSION_COLUMNS, rows: versions.map((row) => VERSION_COLUMNS.map(({ value }) => value(row))) };
  // What one wants to see first: names from A, of numbers the greatest.
  const sort = ({ key, numeric }: VersionColumn, next: "asc" | "desc") => choose({ sort: key, order: key === column?.key ? next : numeric ? "desc" : "asc" });
  return (
    <ChartFrame isTable title="Versions" note={note && `${note} by ${column?.title.toLowerCase()}`} file="versions" table={table} empty={instead({ query, isEmpty: versions.length === 0, height: "h-24" })}>
      {/* Its head stays while the page scrolls, where the table need not scroll sideways. */}
      <div className="max-lg:overflow-x-auto" tabIndex={0} role="region" aria-label="Versions, table">
        <table aria-label="Versions" className="w-full border-separate border-spacing-0">
          <thead>
            <tr>
              {VERSION_COLUMNS.map((each) => {
                const sorted = each.key === column?.key ? order : undefined;
                return (
                  <th
                    key={each.key}
                    scope="col"
                    aria-sort={sorted && (sorted === "asc" ? "ascending" : "descending")}
                    className={`border-b border-line bg-surface lg:sticky lg:top-(--top) lg:z-10 px-2 py-1.5 text-sm font-medium whitespace-nowrap text-muted ${each.numeric ? "text-end" : "text-start"}`}
                  >
                    <SortButton order={sorted} onSort={(next) => sort(each, next)}>
                      {each.title}
                    </SortButton>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.version_id ?? row.key} className="hover:bg-hover/60">
                <td className="border-b border-line px-2 py-1.5 whitespace-nowrap">{single ? `v${row.version_number ?? "?"}` : <GroupLink group={row} />}</td>
                {VERSION_COLUMNS.slice(1).map((each) => (
                  <td key={each.key} className="tabular border-b border-line px-2 py-1.5 text-end whitespace-nowrap">
                    {textOf(row, each)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </ChartFrame>
  );
}

function textOf(row: Group & Measures, { value, format }: VersionColumn): string {
  const found = value(row);
  if (found === null) return "–";
  return typeof found === "number" ? (format ?? String)(found) : found;
}
