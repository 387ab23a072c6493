-- What happened: inferences row by row for a while, rollups of them for long, and what experiments count.
--
-- Everything here is written by one function, ingest_events, which counts an event once however often it arrives.
-- Nothing refers to prompts, versions or experiments by foreign keys: an event is about what was, and must not fail for
-- what has become of it.

-- Exports go by it.
create index conversations_by_creation on conversations (team_id, created_at, id);

-- The ids of the last seven days, so that an event that arrives again is known.
create table event_ids (
  team_id text collate "C" not null,
  id text collate "C" not null,
  seen_at timestamptz(3) not null default now(),
  primary key (team_id, id)
);

create index event_ids_by_age on event_ids (seen_at);

-- By the day. The schedule makes partitions ahead and drops old ones: see maintain_events.
create table inferences (
  team_id text collate "C" not null,
  id text collate "C" not null,
  at timestamptz(3) not null,
  source text collate "C" not null check (source in ('chat', 'openai', 'ingest')),
  prompt_id text collate "C",
  version_id text collate "C",
  environment text collate "C",
  experiment_id text collate "C",
  variant text,
  period bigint,
  unit text collate "C",
  model text not null,
  status text collate "C" not null check (status in ('ok', 'error', 'cancelled')),
  error_code text,
  tokens_in bigint check (tokens_in >= 0),
  tokens_out bigint check (tokens_out >= 0),
  cached_tokens_in bigint check (cached_tokens_in >= 0),
  cost_usd double precision check (cost_usd >= 0),
  latency_ms bigint check (latency_ms >= 0),
  ttft_ms bigint check (ttft_ms >= 0),
  request_id text collate "C",
  message_id text collate "C",
  conversation_id text collate "C",
  trace_id text collate "C",
  span_id text collate "C",
  parent_span_id text collate "C",
  client_started_at timestamptz(3),
  input jsonb,
  output jsonb,
  tools jsonb,
  metadata jsonb,
  primary key (team_id, at, id)
) partition by range (at);

create index inferences_by_request on inferences (team_id, request_id) where request_id is not null;
create index inferences_by_trace on inferences (team_id, trace_id) where trace_id is not null;

-- What no partition was made for, so that nothing is ever refused for the want of one.
create table inferences_default partition of inferences default;

-- What rollups are kept apart by. '' where an event did not say, so that equality finds the row. A total has nothing
-- but its team and status: what concerns the whole team is read from few cells.
create table rollup_series (
  id bigint generated always as identity primary key,
  team_id text collate "C" not null,
  is_total boolean not null,
  prompt_id text collate "C" not null,
  version_id text collate "C" not null,
  environment text collate "C" not null,
  experiment_id text collate "C" not null,
  variant text not null,
  model text not null,
  source text collate "C" not null,
  -- '' for what people said of answers.
  status text collate "C" not null,
  unique (team_id, is_total, prompt_id, version_id, environment, experiment_id, variant, model, source, status)
);

-- How often a value fell into each bin. Bin 0 is 1, bin i > 0 is what lies above 1.02^(i-1) and not above 1.02^i, and
-- bin -1 is what lies below 1. 2·1.02^i / 2.02 differs from everything in its bin by less than 1 %. Two histograms are
-- added bin by bin.
create type histogram as (bins integer[], counts bigint[]);

create function histogram_bin(value double precision) returns integer
language sql immutable parallel safe
return case when value < 1 then -1 else ceil(ln(value) / ln(1.02::double precision))::integer end;

create function histogram_sum(one histogram, other histogram) returns histogram
language sql immutable parallel safe
return case when one is null then other when other is null then one else (
  select row(array_agg(bin order by bin), array_agg(count order by bin))::histogram
  from (
    select bin, sum(count)::bigint as count
    from (
      select * from unnest(one.bins, one.counts) as entries(bin, count)
      union all
      select * from unnest(other.bins, other.counts) as entries(bin, count)
    ) as both_histograms
    group by bin
  ) as added) end;

-- Sums over a series in a bucket of time. `resolution` is the bucket's length in seconds: 60, 900, 3600 and 86400, so
-- that any range of time is the sum of few cells.
create table rollups (
  team_id text collate "C" not null,
  -- Of the series. Here too, so that a team's totals lie together.
  is_total boolean not null,
  resolution integer not null,
  bucket timestamptz(0) not null,
  series_id bigint not null,
  requests bigint not null,
  tokens_in bigint not null,
  tokens_out bigint not null,
  cached_tokens_in bigint not null,
  cost_usd double precision not null,
  -- Requests whose cost nobody knows.
  unpriced bigint not null,
  approvals bigint not null,
  approval_sum double precision not null,
  ratings bigint not null,
  rating_sum double precision not null,
  latency_sum_ms bigint not null,
  latency histogram,
  ttft_sum_ms bigint not null,
  ttft histogram,
  primary key (team_id, is_total, resolution, bucket, series_id)
) with (fillfactor = 80);

-- One row for each unit of an experiment, or of a canary. A unit counts in the arm and the period of its first
-- exposure. What is known of it before that waits here, without a variant.
create table experiment_units (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  unit text collate "C" not null,
  variant text,
  period bigint,
  exposed_at timestamptz(3),
  in_two_arms boolean not null default false,
  approval_n bigint not null default 0,
  approval_sum double precision not null default 0,
  user_rating_n bigint not null default 0,
  user_rating_sum double precision not null default 0,
  latency_ms_n bigint not null default 0,
  latency_ms_sum double precision not null default 0,
  cost_usd_n bigint not null default 0,
  cost_usd_sum double precision not null default 0,
  error_rate_n bigint not null default 0,
  error_rate_sum double precision not null default 0,
  primary key (team_id, experiment_id, unit)
) with (fillfactor = 80);

-- Units by the arm and period of their first exposure. Those that were seen in a second arm are in both columns.
create table experiment_totals (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  period bigint not null,
  variant text not null,
  exposures bigint not null,
  in_two_arms bigint not null,
  primary key (team_id, experiment_id, period, variant)
);

-- Over the units that were seen in one arm only and have a value: how many, the sum of their means and the sum of the
-- squares of their means. From this the statistics follow at the same cost whatever the number of events.
create table experiment_metrics (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  period bigint not null,
  variant text not null,
  metric text collate "C" not null,
  units bigint not null,
  total double precision not null,
  total_squares double precision not null,
  primary key (team_id, experiment_id, period, variant, metric)
);

-- What events add to rollups. Feedback that replaces earlier feedback takes that back where it was counted.
create function event_measures(events jsonb) returns table (
  team_id text, at timestamptz, prompt_id text, version_id text, environment text, experiment_id text, variant text,
  model text, source text, status text, requests integer, tokens_in bigint, tokens_out bigint, cached_tokens_in bigint,
  cost_usd double precision, latency_ms bigint, ttft_ms bigint, approvals integer, approval double precision,
  ratings integer, rating double precision)
language sql stable parallel safe
as $$
  with event as (
    select * from jsonb_to_recordset(events) as event(
      type text, team_id text, at_ms bigint, prompt_id text, version_id text, environment text, experiment_id text,
      variant text, model text, source text, status text, tokens_in bigint, tokens_out bigint,
      cached_tokens_in bigint, cost_usd double precision, latency_ms bigint, ttft_ms bigint,
      approval double precision, rating double precision, replaces jsonb)
  ), said as (
    select event.*, at_ms as said_ms, 1 as sign, approval as said_approval, rating as said_rating
    from event where type = 'feedback'
    union all
    select event.*, coalesce((replaces ->> 'at_ms')::bigint, at_ms), -1,
      (replaces ->> 'approval')::double precision, (replaces ->> 'rating')::double precision
    from event where type = 'feedback' and replaces is not null
  )
  select
    team_id, to_timestamp(at_ms / 1000.0), coalesce(prompt_id, ''), coalesce(version_id, ''),
    coalesce(environment, ''), coalesce(experiment_id, ''), coalesce(variant, ''), model, source, status,
    1, coalesce(tokens_in, 0), coalesce(tokens_out, 0), coalesce(cached_tokens_in, 0), cost_usd, latency_ms, ttft_ms,
    0, 0, 0, 0
  from event where type = 'inference'
  union all
  select
    team_id, to_timestamp(said_ms / 1000.0), coalesce(prompt_id, ''), coalesce(version_id, ''),
    coalesce(environment, ''), coalesce(experiment_id, ''), coalesce(variant, ''), '', '', '',
    0, 0, 0, 0, null, null, null,
    case when said_approval is null then 0 else sign end, coalesce(sign * said_approval, 0),
    case when said_rating is null then 0 else sign end, coalesce(sign * said_rating, 0)
  from said
  where said_approval is not null or said_rating is not null
$$;

create function add_to_rollups(events jsonb) returns void
language plpgsql
as $$
begin
  insert into rollup_series (
    team_id, is_total, prompt_id, version_id, environment, experiment_id, variant, model, source, status)
  select distinct wanted.*
  from event_measures(events) as measure
  cross join lateral (
    values
      (measure.team_id, false, measure.prompt_id, measure.version_id, measure.environment, measure.experiment_id,
        measure.variant, measure.model, measure.source, measure.status),
      (measure.team_id, true, '', '', '', '', '', '', '', measure.status)
  ) as wanted(team_id, is_total, prompt_id, version_id, environment, experiment_id, variant, model, source, status)
  -- Asked first: a conflict would use up a number each time.
  where not exists (
    select from rollup_series as known
    where known.team_id = wanted.team_id and known.is_total = wanted.is_total
      and known.prompt_id = wanted.prompt_id and known.version_id = wanted.version_id
      and known.environment = wanted.environment and known.experiment_id = wanted.experiment_id
      and known.variant = wanted.variant and known.model = wanted.model and known.source = wanted.source
      and known.status = wanted.status)
  on conflict do nothing;

  with measure as (
    select measure.*, series.id as series_id, series.is_total
    from event_measures(events) as measure
    cross join lateral (
      values
        (false, measure.prompt_id, measure.version_id, measure.environment, measure.experiment_id, measure.variant,
          measure.model, measure.source),
        (true, '', '', '', '', '', '', '')
    ) as wanted(is_total, prompt_id, version_id, environment, experiment_id, variant, model, source)
    join rollup_series as series
      on series.team_id = measure.team_id and series.is_total = wanted.is_total
      and series.prompt_id = wanted.prompt_id and series.version_id = wanted.version_id
      and series.environment = wanted.environment and series.experiment_id = wanted.experiment_id
      and series.variant = wanted.variant and series.model = wanted.model and series.source = wanted.source
      and series.status = measure.status
  ), placed as (
    select measure.*, resolution, date_bin(make_interval(secs => resolution), at, timestamptz 'epoch') as bucket
    from measure cross join (values (60), (900), (3600), (86400)) as resolutions(resolution)
  ), cell as (
    select
      team_id, is_total, resolution, bucket, series_id, sum(requests) as requests, sum(tokens_in) as tokens_in,
      sum(tokens_out) as tokens_out, sum(cached_tokens_in) as cached_tokens_in,
      coalesce(sum(cost_usd), 0) as cost_usd, count(*) filter (where requests > 0 and cost_usd is null) as unpriced,
      sum(approvals) as approvals, sum(approval) as approval_sum, sum(ratings) as ratings, sum(rating) as rating_sum,
      coalesce(sum(latency_ms), 0) as latency_sum_ms, coalesce(sum(ttft_ms), 0) as ttft_sum_ms
    from placed group by team_id, is_total, resolution, bucket, series_id
  ), latency as (
    select resolution, bucket, series_id,
      row(array_agg(bin order by bin), array_agg(count order by bin))::histogram as histogram
    from (
      select resolution, bucket, series_id, histogram_bin(latency_ms) as bin, count(*) as count
      from placed where latency_ms is not null group by 1, 2, 3, 4
    ) as binned
    group by resolution, bucket, series_id
  ), ttft as (
    select resolution, bucket, series_id,
      row(array_agg(bin order by bin), array_agg(count order by bin))::histogram as histogram
    from (
      select resolution, bucket, series_id, histogram_bin(ttft_ms) as bin, count(*) as count
      from placed where ttft_ms is not null group by 1, 2, 3, 4
    ) as binned
    group by resolution, bucket, series_id
  )
  insert into rollups as known (
    team_id, is_total, resolution, bucket, series_id, requests, tokens_in, tokens_out, cached_tokens_in, cost_usd, unpriced,
    approvals, approval_sum, ratings, rating_sum, latency_sum_ms, latency, ttft_sum_ms, ttft)
  select
    cell.team_id, is_total, resolution, bucket, series_id, requests, tokens_in, tokens_out, cached_tokens_in, cost_usd, unpriced,
    approvals, approval_sum, ratings, rating_sum, latency_sum_ms, latency.histogram, ttft_sum_ms, ttft.histogram
  from cell
  left join latency using (resolution, bucket, series_id)
  left join ttft using (resolution, bucket, series_id)
  on conflict (team_id, is_total, resolution, bucket, series_id) do update set
    requests = known.requests + excluded.requests,
    tokens_in = known.tokens_in + excluded.tokens_in,
    tokens_out = known.tokens_out + excluded.tokens_out,
    cached_tokens_in = known.cached_tokens_in + excluded.cached_tokens_in,
    cost_usd = known.cost_usd + excluded.cost_usd,
    unpriced = known.unpriced + excluded.unpriced,
    approvals = known.approvals + excluded.approvals,
    approval_sum = known.approval_sum + excluded.approval_sum,
    ratings = known.ratings + excluded.ratings,
    rating_sum = known.rating_sum + excluded.rating_sum,
    latency_sum_ms = known.latency_sum_ms + excluded.latency_sum_ms,
    latency = histogram_sum(known.latency, excluded.latency),
    ttft_sum_ms = known.ttft_sum_ms + excluded.ttft_sum_ms,
    ttft = histogram_sum(known.ttft, excluded.ttft);
end
$$;

-- Exposures come first, whatever the order of the events. A unit's row is read, changed in mind, and written; what it
-- contributed before and contributes now are the two ends of what is added to the sums.
-- A unit counts for the arm that it met first. A second arm in the same allocation period is a defect and takes the unit
-- out. In a later period weights have moved it, as they should: it stays, because taking out those who come back would
-- leave different people in different arms; and what it says of the other arm counts for neither.
create function add_to_experiments(events jsonb) returns void
language sql
as $$
  with event as (
    select * from jsonb_to_recordset(events) as event(
      type text, id text, team_id text, at_ms bigint, experiment_id text, variant text, period bigint, unit text,
      status text, latency_ms double precision, cost_usd double precision, approval double precision,
      rating double precision, replaces jsonb)
    where experiment_id is not null and unit is not null
  ), exposed as (
    select distinct on (team_id, experiment_id, unit)
      team_id, experiment_id, unit, variant, coalesce(period, 0) as period, to_timestamp(at_ms / 1000.0) as at
    from event where type = 'exposure'
    order by team_id, experiment_id, unit, at_ms, id
  ), arms as (
    select
      team_id as arms_team_id, experiment_id as arms_experiment_id, unit as arms_unit,
      coalesce(period, 0) as arms_period, min(variant) as lowest, max(variant) as highest
    from event where type = 'exposure' group by team_id, experiment_id, unit, coalesce(period, 0)
  ), first_arm as (
    select team_id, experiment_id, unit, coalesce(before.variant, exposed.variant) as first_variant
    from (select distinct team_id, experiment_id, unit from event) as units
    left join experiment_units as before using (team_id, experiment_id, unit)
    left join exposed using (team_id, experiment_id, unit)
  ), counting as (
    select event.* from event
    join first_arm using (team_id, experiment_id, unit)
    where event.variant is null or first_variant is null or event.variant = first_variant
  ), value as (
    select team_id, experiment_id, unit,
      case when approval is null then 0 else 1 end as approval_n, coalesce(approval, 0) as approval_sum,
      case when rating is null then 0 else 1 end as user_rating_n, coalesce(rating, 0) as user_rating_sum,
      0 as latency_ms_n, 0::double precision as latency_ms_sum, 0 as cost_usd_n, 0::double precision as cost_usd_sum,
      0 as error_rate_n, 0 as error_rate_sum
    from counting where type = 'feedback'
    union all
    select team_id, experiment_id, unit,
      case when replaces ->> 'approval' is null then 0 else -1 end,
      -coalesce((replaces ->> 'approval')::double precision, 0),
      case when replaces ->> 'rating' is null then 0 else -1 end,
      -coalesce((replaces ->> 'rating')::double precision, 0),
      0, 0, 0, 0, 0, 0
    from counting where type = 'feedback' and replaces is not null
    union all
    -- How fast an arm answers is asked of its answers; how often it does not, of everything but what users cancelled.
    select team_id, experiment_id, unit, 0, 0, 0, 0,
      case when status = 'ok' and latency_ms is not null then 1 else 0 end,
      case when status = 'ok' then coalesce(latency_ms, 0) else 0 end,
      case when cost_usd is null then 0 else 1 end, coalesce(cost_usd, 0),
      case when status = 'cancelled' then 0 else 1 end, case when status = 'error' then 1 else 0 end
    from counting where type = 'inference'
  ), added as (
    select team_id, experiment_id, unit,
      sum(approval_n) as approval_n, sum(approval_sum) as approval_sum,
      sum(user_rating_n) as user_rating_n, sum(user_rating_sum) as user_rating_sum,
      sum(latency_ms_n) as latency_ms_n, sum(latency_ms_sum) as latency_ms_sum,
      sum(cost_usd_n) as cost_usd_n, sum(cost_usd_sum) as cost_usd_sum,
      sum(error_rate_n) as error_rate_n, sum(error_rate_sum) as error_rate_sum
    from value group by team_id, experiment_id, unit
  ), touched as (
    select team_id, experiment_id, unit from exposed
    union
    select team_id, experiment_id, unit from added
  ), changed as (
    select
      team_id, experiment_id, unit, before.variant is not null as was_exposed,
      coalesce(before.in_two_arms, false) as was_in_two_arms,
      coalesce(before.variant, exposed.variant) as variant, coalesce(before.period, exposed.period) as period,
      coalesce(before.exposed_at, exposed.at) as exposed_at,
      coalesce(before.in_two_arms, false) or coalesce(
        arms.lowest <> coalesce(before.variant, exposed.variant)
          or arms.highest <> coalesce(before.variant, exposed.variant), false) as in_two_arms,
      coalesce(before.approval_n, 0) as old_approval_n, coalesce(before.approval_sum, 0) as old_approval_sum,
      coalesce(before.user_rating_n, 0) as old_user_rating_n, coalesce(before.user_rating_sum, 0) as old_user_rating_sum,
      coalesce(before.latency_ms_n, 0) as old_latency_ms_n, coalesce(before.latency_ms_sum, 0) as old_latency_ms_sum,
      coalesce(before.cost_usd_n, 0) as old_cost_usd_n, coalesce(before.cost_usd_sum, 0) as old_cost_usd_sum,
      coalesce(before.error_rate_n, 0) as old_error_rate_n, coalesce(before.error_rate_sum, 0) as old_error_rate_sum,
      coalesce(before.approval_n, 0) + coalesce(added.approval_n, 0) as approval_n,
      coalesce(before.approval_sum, 0) + coalesce(added.approval_sum, 0) as approval_sum,
      coalesce(before.user_rating_n, 0) + coalesce(added.user_rating_n, 0) as user_rating_n,
      coalesce(before.user_rating_sum, 0) + coalesce(added.user_rating_sum, 0) as user_rating_sum,
      coalesce(before.latency_ms_n, 0) + coalesce(added.latency_ms_n, 0) as latency_ms_n,
      coalesce(before.latency_ms_sum, 0) + coalesce(added.latency_ms_sum, 0) as latency_ms_sum,
      coalesce(before.cost_usd_n, 0) + coalesce(added.cost_usd_n, 0) as cost_usd_n,
      coalesce(before.cost_usd_sum, 0) + coalesce(added.cost_usd_sum, 0) as cost_usd_sum,
      coalesce(before.error_rate_n, 0) + coalesce(added.error_rate_n, 0) as error_rate_n,
      coalesce(before.error_rate_sum, 0) + coalesce(added.error_rate_sum, 0) as error_rate_sum
    from touched
    left join experiment_units as before using (team_id, experiment_id, unit)
    left join exposed using (team_id, experiment_id, unit)
    left join added using (team_id, experiment_id, unit)
    left join arms
      on arms_team_id = touched.team_id and arms_experiment_id = touched.experiment_id and arms_unit = touched.unit
        and arms_period = coalesce(before.period, exposed.period)
  ), stored as (
    insert into experiment_units (
      team_id, experiment_id, unit, variant, period, exposed_at, in_two_arms, approval_n, approval_sum, user_rating_n,
      user_rating_sum, latency_ms_n, latency_ms_sum, cost_usd_n, cost_usd_sum, error_rate_n, error_rate_sum)
    select
      team_id, experiment_id, unit, variant, period, exposed_at, in_two_arms, approval_n, approval_sum, user_rating_n,
      user_rating_sum, latency_ms_n, latency_ms_sum, cost_usd_n, cost_usd_sum, error_rate_n, error_rate_sum
    from changed
    on conflict (team_id, experiment_id, unit) do update set
      variant = excluded.variant, period = excluded.period, exposed_at = excluded.exposed_at,
      in_two_arms = excluded.in_two_arms,
      approval_n = excluded.approval_n, approval_sum = excluded.approval_sum,
      user_rating_n = excluded.user_rating_n, user_rating_sum = excluded.user_rating_sum,
      latency_ms_n = excluded.latency_ms_n, latency_ms_sum = excluded.latency_ms_sum,
      cost_usd_n = excluded.cost_usd_n, cost_usd_sum = excluded.cost_usd_sum,
      error_rate_n = excluded.error_rate_n, error_rate_sum = excluded.error_rate_sum
  ), counted as (
    insert into experiment_totals as known (team_id, experiment_id, period, variant, exposures, in_two_arms)
    select team_id, experiment_id, period, variant,
      count(*) filter (where not was_exposed), count(*) filter (where in_two_arms and not was_in_two_arms)
    from changed where variant is not null
    group by team_id, experiment_id, period, variant
    on conflict (team_id, experiment_id, period, variant) do update set
      exposures = known.exposures + excluded.exposures, in_two_arms = known.in_two_arms + excluded.in_two_arms
  ), contribution as (
    select team_id, experiment_id, period, variant, metric,
      (is_in::integer - was_in::integer) as units,
      case when is_in then sum / n else 0 end - case when was_in then old_sum / old_n else 0 end as total,
      case when is_in then (sum / n) ^ 2 else 0 end - case when was_in then (old_sum / old_n) ^ 2 else 0 end as squares
    from changed
    cross join lateral (values
      ('approval', old_approval_n, old_approval_sum, approval_n, approval_sum),
      ('user_rating', old_user_rating_n, old_user_rating_sum, user_rating_n, user_rating_sum),
      ('latency_ms', old_latency_ms_n, old_latency_ms_sum, latency_ms_n, latency_ms_sum),
      ('cost_usd', old_cost_usd_n, old_cost_usd_sum, cost_usd_n, cost_usd_sum),
      ('error_rate', old_error_rate_n, old_error_rate_sum, error_rate_n, error_rate_sum)
    ) as metrics(metric, old_n, old_sum, n, sum)
    cross join lateral (
      select was_exposed and not was_in_two_arms and old_n > 0, not in_two_arms and n > 0) as counts(was_in, is_in)
    where variant is not null and (was_in or is_in)
  )
  insert into experiment_metrics as known (
    team_id, experiment_id, period, variant, metric, units, total, total_squares)
  select team_id, experiment_id, period, variant, metric, sum(units), sum(total), sum(squares)
  from contribution
  group by team_id, experiment_id, period, variant, metric
  on conflict (team_id, experiment_id, period, variant, metric) do update set
    units = known.units + excluded.units, total = known.total + excluded.total,
    total_squares = known.total_squares + excluded.total_squares
$$;

-- Stores events and counts them, once: an id that the team has used within seven days is a duplicate and changes
-- nothing. Several may run at once. Answers {"accepted": n, "duplicates": n}.
create function ingest_events(events jsonb) returns jsonb
language plpgsql
as $$
declare
  fresh jsonb;
  accepted integer;
begin
  -- One at a time for each team, in an order that cannot deadlock. Each statement below sees what the one before us
  -- has committed.
  perform pg_advisory_xact_lock(hashtextextended('events:' || team_id, 0))
  from (
    select distinct event ->> 'team_id' as team_id from jsonb_array_elements(events) as event order by 1) as teams;

  with given as (
    select distinct on (team_id, id) team_id, id, event
    from (
      select event ->> 'team_id' as team_id, event ->> 'id' as id, event, position
      from jsonb_array_elements(events) with ordinality as given(event, position)) as all_given
    order by team_id, id, position
  ), added as (
    insert into event_ids (team_id, id) select team_id, id from given on conflict do nothing returning team_id, id
  )
  select coalesce(jsonb_agg(event), '[]') into fresh from given join added using (team_id, id);

  accepted := jsonb_array_length(fresh);
  if accepted > 0 then
    insert into inferences (
      team_id, id, at, source, prompt_id, version_id, environment, experiment_id, variant, period, unit, model, status,
      error_code, tokens_in, tokens_out, cached_tokens_in, cost_usd, latency_ms, ttft_ms, request_id, message_id,
      conversation_id, trace_id, span_id, parent_span_id, client_started_at, input, output, tools, metadata)
    select
      team_id, id, to_timestamp(at_ms / 1000.0), source, prompt_id, version_id, environment, experiment_id, variant,
      period, unit, model, status, error_code, tokens_in, tokens_out, cached_tokens_in, cost_usd, latency_ms, ttft_ms,
      request_id, message_id, conversation_id, trace_id, span_id, parent_span_id, client_started_at, input, output,
      tools, metadata
    from jsonb_to_recordset(fresh) as event(
      type text, team_id text, id text, at_ms bigint, source text, prompt_id text, version_id text, environment text,
      experiment_id text, variant text, period bigint, unit text, model text, status text, error_code text,
      tokens_in bigint, tokens_out bigint, cached_tokens_in bigint, cost_usd double precision, latency_ms bigint,
      ttft_ms bigint, request_id text, message_id text, conversation_id text, trace_id text, span_id text,
      parent_span_id text, client_started_at timestamptz, input jsonb, output jsonb, tools jsonb, metadata jsonb)
    where type = 'inference';
    perform add_to_rollups(fresh);
    perform add_to_experiments(fresh);
  end if;
  return jsonb_build_object('accepted', accepted, 'duplicates', jsonb_array_length(events) - accepted);
end
$$;

-- A day's partition, with what had gone to the default one in the want of it.
create function make_inference_partition(of_day date) returns void
language plpgsql
as $$
declare
  partition text := 'inferences_' || to_char(of_day, 'YYYYMMDD');
  begins timestamptz := of_day::timestamp at time zone 'UTC';
  ends timestamptz := (of_day + 1)::timestamp at time zone 'UTC';
begin
  if to_regclass(partition) is not null then
    return;
  end if;
  execute format('create table %I (like inferences including all)', partition);
  -- Nobody may add a row of that day to the default partition between the move and the attachment.
  lock table inferences_default in access exclusive mode;
  execute format(
    'with moved as (delete from inferences_default where at >= %L and at < %L returning *) insert into %I select * from moved',
    begins, ends, partition);
  execute format('alter table inferences attach partition %I for values from (%L) to (%L)', partition, begins, ends);
end
$$;

-- Partitions from yesterday to a week ahead and for whatever waits in the default one; those older than the retention
-- are dropped. Old ids and rollups go, some at a time. Safe to run at any time and as often as one likes; answers null
-- when somebody else is at it.
create function maintain_events(retention_days bigint) returns jsonb
language plpgsql
as $$
declare
  today date := (now() at time zone 'UTC')::date;
  oldest date := today - retention_days::integer;
  made integer := 0;
  dropped integer := 0;
  forgotten bigint;
  pruned bigint;
  day date;
  partition text;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('maintain_events', 0)) then
    return null;
  end if;
  -- Better to come again in a minute than to hold up whoever writes.
  perform set_config('lock_timeout', '2s', true);

  delete from inferences_default where at < oldest::timestamp at time zone 'UTC';
  for day in
    select wanted from (
      select generate_series(today - 1, today + 7, interval '1 day')::date as wanted
      union
      (select distinct (at at time zone 'UTC')::date from inferences_default
        where at < (today + 30)::timestamp at time zone 'UTC' limit 40)
    ) as days
    where to_regclass('inferences_' || to_char(wanted, 'YYYYMMDD')) is null
    order by wanted
  loop
    perform make_inference_partition(day);
    made := made + 1;
  end loop;

  for partition in
    select inhrelid::regclass::text from pg_inherits
    where inhparent = 'inferences'::regclass and inhrelid::regclass::text ~ '^inferences_\d{8}$'
      and inhrelid::regclass::text < 'inferences_' || to_char(oldest, 'YYYYMMDD')
  loop
    execute format('drop table %I', partition);
    dropped := dropped + 1;
  end loop;

  delete from event_ids where (team_id, id) in (
    select team_id, id from event_ids where seen_at < now() - interval '7 days' order by seen_at limit 20000);
  get diagnostics forgotten = row_count;

  delete from rollups where (team_id, is_total, resolution, bucket, series_id) in (
    select team_id, is_total, resolution, bucket, series_id from (
      select teams.id as team_id, is_total, resolution, age
      from teams
      cross join (values (true), (false)) as levels(is_total)
      cross join (values (60, 35), (900, 100), (3600, 400), (86400, 800)) as ages(resolution, age)
    ) as kept
    join lateral (
      select rollups.bucket, rollups.series_id from rollups
      where rollups.team_id = kept.team_id and rollups.is_total = kept.is_total
        and rollups.resolution = kept.resolution
        and rollups.bucket < now() - make_interval(days => kept.age)
      limit 2000) as old on true
    limit 20000);
  get diagnostics pruned = row_count;

  return jsonb_build_object(
    'partitions_made', made, 'partitions_dropped', dropped, 'ids_forgotten', forgotten, 'rollups_pruned', pruned);
end
$$;

select maintain_events(30);

-- The cells of a team in some ranges of time. `filter` holds is_total and values that the series must have; each piece
-- is {"period", "resolution", "from_ms", "to_ms"}.
create function rollup_cells(of_team text, filter jsonb, pieces jsonb) returns table (
  period text, bucket timestamptz, prompt_id text, version_id text, environment text, experiment_id text, variant text,
  model text, source text, status text, requests bigint, tokens_in bigint, tokens_out bigint, cached_tokens_in bigint,
  cost_usd double precision, unpriced bigint, approvals bigint, approval_sum double precision, ratings bigint,
  rating_sum double precision, latency_sum_ms bigint, latency histogram, ttft_sum_ms bigint, ttft histogram)
language sql stable parallel safe
as $$
  -- Found by their time first and by nothing else: to begin with the series would mean reading all of their past.
  with found as materialized (
    select piece.period as of_period, rollups.*
    from jsonb_to_recordset(pieces) as piece(period text, resolution integer, from_ms bigint, to_ms bigint)
    cross join lateral (
      select * from rollups
      where team_id = of_team and is_total = (filter ->> 'is_total')::boolean and resolution = piece.resolution
        and bucket >= to_timestamp(piece.from_ms / 1000.0) and bucket < to_timestamp(piece.to_ms / 1000.0)
      offset 0
    ) as rollups
  ), wanted as materialized (
    select series.* from rollup_series as series
    cross join jsonb_to_record(filter) as wanted(
      is_total boolean, prompt_id text, version_id text, environment text, experiment_id text, variant text,
      model text, source text, status text)
    where series.team_id = of_team and series.is_total = wanted.is_total
      and (wanted.prompt_id is null or series.prompt_id = wanted.prompt_id)
      and (wanted.version_id is null or series.version_id = wanted.version_id)
      and (wanted.environment is null or series.environment = wanted.environment)
      and (wanted.experiment_id is null or series.experiment_id = wanted.experiment_id)
      and (wanted.variant is null or series.variant = wanted.variant)
      and (wanted.model is null or series.model = wanted.model)
      and (wanted.source is null or series.source = wanted.source)
      and (wanted.status is null or series.status = wanted.status)
  )
  select
    of_period, found.bucket, wanted.prompt_id, wanted.version_id, wanted.environment, wanted.experiment_id,
    wanted.variant, wanted.model, wanted.source, wanted.status, found.requests, found.tokens_in, found.tokens_out,
    found.cached_tokens_in, found.cost_usd, found.unpriced, found.approvals, found.approval_sum, found.ratings,
    found.rating_sum, found.latency_sum_ms, found.latency, found.ttft_sum_ms, found.ttft
  from found join wanted on wanted.id = found.series_id
$$;
