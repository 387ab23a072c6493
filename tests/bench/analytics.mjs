/**
 * Whether analytics cost the same over many inferences as over few, and how fast events come in and are drained.
 */
import { withClient } from "../../dev/migrate.mjs";
import { median } from "./figures.mjs";

const FUNCTIONS = ["gateway", "keys", "ingest", "analytics"];
const FEW = Number(process.env.FEW ?? 50_000);
const MANY = Number(process.env.MANY ?? 5_000_000);
const EVENTS = Number(process.env.EVENTS ?? 20_000);
const ROUNDS = Number(process.env.ROUNDS ?? 60);
const DAYS = 30;

const ROUTES = {
  overview: "overview",
  timeseries: "timeseries",
  timeseries_hourly: "timeseries?interval=1h",
  timeseries_by_model: "timeseries?interval=1d&group_by=model",
  latency: "latency",
  latency_by_version: "latency?group_by=version",
  costs: "costs?group_by=prompt",
  versions: "versions",
};

/** @param {{installation: import("./installation.mjs").Installation}} context */
export async function measureAnalytics({ installation }) {
  const process = await installation.startProcess(FUNCTIONS);
  const { databaseUrl, adminKey } = installation.stores;
  const teams = {};
  for (const name of ["few", "many", "events"]) teams[name] = await makeTeam(process.url, adminKey, name);
  try {
    return await withClient(databaseUrl, async (database) => {
      const figures = await ingestion(process, teams.events.key, database);
      await database.query("set synchronous_commit = off; set work_mem = '256MB'; set timezone = 'UTC'");
      await fill(database, teams.few.id, FEW);
      await fill(database, teams.many.id, MANY);
      await database.query("vacuum analyze rollups");
      await database.query("analyze inferences; analyze rollup_series");
      figures.analytics_few = FEW;
      figures.analytics_many = MANY;
      Object.assign(figures, await compare(process.urls.analytics, teams));
      return figures;
    });
  } finally {
    await process.stop();
  }
}

async function makeTeam(url, adminKey, name) {
  const response = await fetch(`${url}/api/teams`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: `Analytics of ${name} ${Date.now()}` }),
  });
  if (!response.ok) throw new Error(`no team: ${await response.text()}`);
  const made = await response.json();
  return { id: made.team_id ?? made.team.id, key: made.key.key ?? made.key };
}

/** Inferences of a month, all hours alike, and their rollups, in a few large statements. */
async function fill(database, team, count) {
  // Partitions of the past, as they would have been made day by day.
  await database.query(
    "select make_inference_partition(day::date) from generate_series(now() - $1 * interval '1 day', now() + interval '1 day', interval '1 day') as day",
    [DAYS + 1],
  );
  await database.query(
    `insert into inferences (team_id, id, at, source, prompt_id, version_id, environment, model, status, tokens_in, tokens_out,
       cached_tokens_in, cost_usd, latency_ms, ttft_ms)
     select $1, 'bulk-' || i, now() - (i::float8 / $2) * $3 * interval '1 day', 'ingest', 'prm_' || v / 2, 'ver_' || v, 'production',
       'model-' || v % 4, case when i % 97 = 0 then 'error' when i % 193 = 0 then 'cancelled' else 'ok' end,
       500 + i % 700, 100 + i % 80, 0, 0.001, (900 * exp(0.6 * n))::bigint, (300 * exp(0.4 * n))::bigint
     from generate_series(1, $2::bigint) as i, lateral (
       select (i * 7919 % 8) as v, sqrt(-2 * ln(1 - (i * 7919 % 10007) / 10007.0)) * cos(6.2832 * (i * 104729 % 10009) / 10009.0) as n) as dice`,
    [team, count, DAYS],
  );
  await database.query(
    `insert into rollup_series (team_id, is_total, prompt_id, version_id, environment, experiment_id, variant, model, source, status)
     select distinct $1, is_total, case when is_total then '' else prompt_id end, case when is_total then '' else version_id end,
       case when is_total then '' else environment end, '', '', case when is_total then '' else model end,
       case when is_total then '' else source end, status
     from inferences, (values (true), (false)) as levels(is_total) where team_id = $1 and id like 'bulk-%'
     on conflict do nothing`,
    [team],
  );
  // By minute from the rows, and everything longer from what is next shorter.
  await database.query(
    `create temp table minute as
     select series_id, both_series.is_total, date_trunc('minute', at) as bucket, latency_ms, ttft_ms, tokens_in, tokens_out, cost_usd
     from inferences
     join rollup_series as fine
       on fine.team_id = $1 and not fine.is_total and fine.status = inferences.status and fine.version_id = inferences.version_id
       and fine.model = inferences.model
     join rollup_series as total on total.team_id = $1 and total.is_total and total.status = inferences.status,
     lateral (values (fine.id, false), (total.id, true)) as both_series(series_id, is_total)
     where inferences.team_id = $1 and inferences.id like 'bulk-%'`,
    [team],
  );
  const columns = "team_id, is_total, resolution, bucket, series_id, requests, tokens_in, tokens_out, cached_tokens_in, cost_usd, unpriced, approvals, approval_sum, ratings, rating_sum, latency_sum_ms, latency, ttft_sum_ms, ttft";
  await database.query(
    `insert into rollups (${columns})
     select $1, is_total, 60, bucket, series_id, count(*), sum(tokens_in), sum(tokens_out), 0, sum(cost_usd), 0, 0, 0, 0, 0, sum(latency_ms),
       sum(histogram_of(latency_ms)), sum(ttft_ms), sum(histogram_of(ttft_ms))
     from minute group by is_total, bucket, series_id`,
    [team],
  );
  await database.query("drop table minute");
  for (const [longer, shorter] of [[900, 60], [3600, 900], [86_400, 3600]]) {
    await database.query(
      `insert into rollups (${columns})
       select $1, is_total, $2::int, date_bin(make_interval(secs => $2::int), bucket, timestamptz 'epoch'), series_id, sum(requests), sum(tokens_in), sum(tokens_out),
         0, sum(cost_usd), 0, 0, 0, 0, 0, sum(latency_sum_ms), sum(latency), sum(ttft_sum_ms), sum(ttft)
       from rollups where team_id = $1 and resolution = $3 group by 2, 4, 5`,
      [team, longer, shorter],
    );
  }
}

/** Both teams in turn, so that what the machine does besides falls on both. */
async function compare(url, teams) {
  const to = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  const range = `from=${new Date(to - DAYS * 86_400_000).toISOString()}&to=${to.toISOString()}`;
  const figures = {};
  let largest = 0;
  for (const [name, path] of Object.entries(ROUTES)) {
    const times = { few: [], many: [] };
    for (let round = 0; round < ROUNDS + 5; round += 1) {
      for (const team of round % 2 === 0 ? ["few", "many"] : ["many", "few"]) {
        const began = performance.now();
        const response = await fetch(`${url}/api/analytics/${path}${path.includes("?") ? "&" : "?"}${range}`, {
          headers: { authorization: `Bearer ${teams[team].key}` },
        });
        await response.arrayBuffer();
        if (!response.ok) throw new Error(`${path}: ${response.status}`);
        // The first ones prepare and connect.
        if (round >= 5) times[team].push(performance.now() - began);
      }
    }
    const at = (values, rank) => values.sort((a, b) => a - b)[Math.ceil(values.length * rank) - 1];
    figures[`analytics_${name}_few_p50_ms`] = median(times.few);
    figures[`analytics_${name}_many_p50_ms`] = median(times.many);
    figures[`analytics_${name}_few_p99_ms`] = at(times.few, 0.99);
    figures[`analytics_${name}_many_p99_ms`] = at(times.many, 0.99);
    const ratio = median(times.many) / median(times.few);
    figures[`analytics_${name}_ratio`] = ratio;
    figures[`analytics_${name}_p99_ratio`] = at(times.many, 0.99) / at(times.few, 0.99);
    largest = Math.max(largest, ratio);
  }
  figures.analytics_largest_ratio = largest;
  return figures;
}

/** Events through the route, 100 a request and 8 requests at once, and then out of the streams. */
async function ingestion(process, key, database) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  let sent = 0;
  const send = async () => {
    while (sent < EVENTS) {
      const events = Array.from({ length: 100 }, () => ({
        id: `bench-${(sent += 1)}`, type: "inference", model: "gpt-4o-mini", tokens_in: 900, tokens_out: 150, latency_ms: 1200, ttft_ms: 300,
        messages: [{ role: "user", content: "Where is the order that I placed on Monday?" }], output: "It left the warehouse on Tuesday.",
      }));
      const response = await fetch(`${process.urls.ingest}/api/ingest`, { method: "POST", headers, body: JSON.stringify({ events }) });
      if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
      await response.arrayBuffer();
    }
  };
  let began = performance.now();
  await Promise.all(Array.from({ length: 8 }, send));
  const accepted = sent / ((performance.now() - began) / 1000);
  began = performance.now();
  for (let isEmpty = false; !isEmpty; ) {
    const response = await fetch(`${process.urls.ingest}/api/ingest/drain`, { method: "POST", headers, body: "{}" });
    isEmpty = (await response.json()).is_empty === true;
  }
  const drained = sent / ((performance.now() - began) / 1000);
  const { rows } = await database.query("select count(*)::int as count from inferences where id like 'bench-%'");
  return { ingest_accepted_per_s: accepted, ingest_drained_per_s: drained, ingest_lost: sent - rows[0].count };
}
