-- Sums by bucket of time. `seconds` is the bucket's length and `zone` says where its days, and its hours, begin. The
-- cells that are read are the longest that fit between any two beginnings. Of many groups the ten largest. The answer is
-- a row with the buckets, one for each group, and one for each point.
with given as (
  select
    given.*, to_timestamp(from_ms / 1000.0) as from_at, to_timestamp(to_ms / 1000.0) as to_at,
    extract(epoch from (to_timestamp(from_ms / 1000.0) at time zone zone) - (to_timestamp(from_ms / 1000.0) at time zone 'UTC')) % 3600 = 0
      and extract(epoch from (to_timestamp(to_ms / 1000.0) at time zone zone) - (to_timestamp(to_ms / 1000.0) at time zone 'UTC')) % 3600 = 0
      as has_whole_hours
  from jsonb_to_record($2) as given(from_ms bigint, to_ms bigint, seconds integer, zone text, group_by text)
), bucket as (
  select bucket_start, lead(bucket_start, 1, bucket_end) over (order by bucket_start) as bucket_end
  from (
    -- Days as people count them: some have 23 or 25 hours.
    select local_day at time zone zone as bucket_start,
      (local_day + interval '1 day') at time zone zone as bucket_end
    from given, generate_series(
      date_trunc('day', from_at at time zone zone), to_at at time zone zone, interval '1 day') as local_day
    where seconds = 86400
    union all
    select start, start + make_interval(secs => seconds)
    from given, generate_series(
      date_bin(make_interval(secs => seconds), from_at, timestamp '2000-01-01' at time zone zone), to_at,
      make_interval(secs => seconds)) as start
    where seconds < 86400
  ) as all_buckets, given
  where bucket_start < to_at
), piece as (
  select jsonb_build_array(jsonb_build_object(
    'period', 'current', 'from_ms', epoch_ms(min(bucket_start)), 'to_ms', epoch_ms(max(bucket_end)), 'resolution', case
      when seconds = 86400 and zone = 'UTC' then 86400
      when seconds >= 3600 and has_whole_hours then 3600
      when seconds >= 900 then 900 else 60 end)) as pieces
  from bucket, given group by seconds, zone, has_whole_hours
), cell as (
  select
    cells.*, case when seconds = 86400 then date_trunc('day', cells.bucket at time zone zone) at time zone zone
      else date_bin(make_interval(secs => seconds), cells.bucket, timestamp '2000-01-01' at time zone zone) end
      as bucket_start,
    case group_by when 'prompt' then prompt_id when 'version' then version_id when 'environment' then environment
      when 'experiment' then experiment_id when 'variant' then experiment_id || E'\x1f' || variant when 'model' then model
      when 'source' then source when 'status' then status else '' end as name
  from given, piece cross join lateral rollup_cells($1, $2, piece.pieces) as cells
), largest as (
  select name, max(prompt_id) as prompt_id, max(experiment_id) as experiment_id, max(variant) as variant,
    count(*) over () as groups
  from cell group by name order by sum(requests) desc, name limit 10
), summed as (
  select
    name, bucket_start, sum(requests) as requests,
    coalesce(sum(requests) filter (where status = 'error'), 0) as errors,
    coalesce(sum(requests) filter (where status = 'cancelled'), 0) as cancelled, sum(tokens_in) as tokens_in,
    sum(tokens_out) as tokens_out, sum(cached_tokens_in) as cached_tokens_in, sum(cost_usd) as cost_usd,
    sum(unpriced) as unpriced, sum(approvals) as approvals, sum(approval_sum) as approval_sum,
    sum(ratings) as ratings, sum(rating_sum) as rating_sum, sum(latency_sum_ms) as latency_sum_ms,
    sum(ttft_sum_ms) as ttft_sum_ms,
    histogram_text(sum(latency)) as latency, histogram_text(sum(ttft)) as ttft
  from cell join largest using (name) group by name, bucket_start
)
-- A row for each point: to nest them would be to copy all of them once for each level.
select jsonb_build_object('frame', jsonb_build_object(
  'buckets_ms', jsonb_agg(epoch_ms(bucket_start) order by bucket_start),
  'end_ms', epoch_ms(max(bucket_end)),
  'groups', coalesce((select max(groups) from largest), 0)))
from bucket
union all
select jsonb_build_object('group', jsonb_build_object(
  'name', nullif(name, ''),
  'prompt_id', nullif(prompt_id, ''),
  'prompt_name', (select prompts.name from prompts where prompts.team_id = $1 and prompts.id = largest.prompt_id),
  'version_number', (select versions.number from versions where versions.team_id = $1 and versions.id = largest.name),
  'experiment_id', nullif(experiment_id, ''),
  'variant', nullif(variant, '')))
from largest
union all
select jsonb_build_object('point', jsonb_build_array(nullif(name, ''), jsonb_build_object(
  'bucket_ms', epoch_ms(bucket_start),
  'sums', jsonb_build_object(
    'requests', requests, 'errors', errors, 'cancelled', cancelled, 'tokens_in', tokens_in, 'tokens_out', tokens_out,
    'cached_tokens_in', cached_tokens_in, 'cost_usd', cost_usd, 'unpriced', unpriced, 'approvals', approvals,
    'approval_sum', approval_sum, 'ratings', ratings, 'rating_sum', rating_sum, 'latency_sum_ms', latency_sum_ms,
    'ttft_sum_ms', ttft_sum_ms),
  'latency', latency,
  'ttft', ttft)))
from summed
