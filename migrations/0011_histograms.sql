-- A histogram is one number, because the database adds numbers in C and adds arrays in SQL: a month of many versions
-- is thousands of histograms, and to read one is to add them.
--
-- The count of bin b stands at 10^(12·(b + 1)), in twelve decimal digits of its own. A bin overflows after 10^12
-- values; what a bigint can say lies in the first 2,207 bins, a fifth of the digits that a numeric has room for.
-- Zeros at its end are not stored.

-- The histogram of one value: see histogram_bin.
create function histogram_of(value double precision) returns numeric
language sql immutable strict parallel safe
return ('1e' || (12 * (histogram_bin(value) + 1))::text)::numeric;

-- As whoever reads it gets it: the digits to the base of 10,000 that the number is stored in, without the zeros at its
-- end. What `numeric_send` writes is PostgreSQL's binary form, which its clients rely on.
create function histogram_text(histogram numeric) returns text
language sql immutable strict parallel safe
return encode(numeric_send(histogram), 'hex');

create function histogram_as_number(histogram histogram) returns numeric
language sql immutable strict parallel safe
return (
  select sum(count * ('1e' || (12 * (bin + 1))::text)::numeric) from unnest(histogram.bins, histogram.counts) as entries(bin, count));

drop function rollup_cells;
drop function add_to_rollups;
drop function histogram_sum;

alter table rollups
  alter column latency type numeric using histogram_as_number(latency),
  alter column ttft type numeric using histogram_as_number(ttft);

drop function histogram_as_number;
drop type histogram;

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
      coalesce(sum(latency_ms), 0) as latency_sum_ms, sum(histogram_of(latency_ms)) as latency,
      coalesce(sum(ttft_ms), 0) as ttft_sum_ms, sum(histogram_of(ttft_ms)) as ttft
    from placed group by team_id, is_total, resolution, bucket, series_id
  )
  insert into rollups as known (
    team_id, is_total, resolution, bucket, series_id, requests, tokens_in, tokens_out, cached_tokens_in, cost_usd, unpriced,
    approvals, approval_sum, ratings, rating_sum, latency_sum_ms, latency, ttft_sum_ms, ttft)
  select
    cell.team_id, is_total, resolution, bucket, series_id, requests, tokens_in, tokens_out, cached_tokens_in, cost_usd, unpriced,
    approvals, approval_sum, ratings, rating_sum, latency_sum_ms, latency, ttft_sum_ms, ttft
  from cell
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
    latency = coalesce(known.latency + excluded.latency, known.latency, excluded.latency),
    ttft_sum_ms = known.ttft_sum_ms + excluded.ttft_sum_ms,
    ttft = coalesce(known.ttft + excluded.ttft, known.ttft, excluded.ttft);
end
$$;

-- The cells of a team in some ranges of time. `filter` holds is_total and values that the series must have; each piece
-- is {"period", "resolution", "from_ms", "to_ms"}.
create function rollup_cells(of_team text, filter jsonb, pieces jsonb) returns table (
  period text, bucket timestamptz, prompt_id text, version_id text, environment text, experiment_id text, variant text,
  model text, source text, status text, requests bigint, tokens_in bigint, tokens_out bigint, cached_tokens_in bigint,
  cost_usd double precision, unpriced bigint, approvals bigint, approval_sum double precision, ratings bigint,
  rating_sum double precision, latency_sum_ms bigint, latency numeric, ttft_sum_ms bigint, ttft numeric)
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
