-- Sums over some ranges of time, apart by period and by what `group_by` names: "" for nothing. Of many groups a hundred:
-- the dearest where `detail` wants sums alone, the most used where it wants histograms too. `groups` says how many
-- there are with a request: what people said of answers has neither a model nor a status.
with given as (
  select $2 ->> 'group_by' as group_by, $2 ->> 'detail' as detail
), cell as (
  select
    cells.*,
    case group_by when 'prompt' then prompt_id when 'version' then version_id when 'environment' then environment
      when 'experiment' then experiment_id when 'variant' then experiment_id || E'\x1f' || variant when 'model' then model
      when 'source' then source when 'status' then status else '' end as name
  from given, rollup_cells($1, $2, $3) as cells
), summed as (
  select
    period, name, max(prompt_id) as prompt_id, max(experiment_id) as experiment_id,
    max(variant) as variant, sum(requests) as requests,
    coalesce(sum(requests) filter (where status = 'error'), 0) as errors,
    coalesce(sum(requests) filter (where status = 'cancelled'), 0) as cancelled, sum(tokens_in) as tokens_in,
    sum(tokens_out) as tokens_out, sum(cached_tokens_in) as cached_tokens_in, sum(cost_usd) as cost_usd,
    sum(unpriced) as unpriced, sum(approvals) as approvals, sum(approval_sum) as approval_sum,
    sum(ratings) as ratings, sum(rating_sum) as rating_sum, sum(latency_sum_ms) as latency_sum_ms,
    sum(ttft_sum_ms) as ttft_sum_ms,
    histogram_text(sum(latency) filter (where detail <> 'sums')) as latency,
    histogram_text(sum(ttft) filter (where detail <> 'sums')) as ttft,
    count(nullif(sum(requests), 0)) over (partition by period) as groups,
    row_number() over (
      partition by period
      order by case when detail = 'sums' then sum(cost_usd) end desc, sum(requests) desc, sum(approvals) desc, name) as place
  from cell, given
  group by period, name, detail
)
select jsonb_build_object(
  'period', summed.period,
  'name', nullif(summed.name, ''),
  'prompt_id', nullif(summed.prompt_id, ''),
  'prompt_name', (select prompts.name from prompts where prompts.team_id = $1 and prompts.id = summed.prompt_id),
  'version_number', case when group_by = 'version' then (
    select versions.number from versions where versions.team_id = $1 and versions.id = summed.name) end,
  'experiment_id', nullif(summed.experiment_id, ''),
  'variant', nullif(summed.variant, ''),
  'groups', summed.groups,
  'sums', jsonb_build_object(
    'requests', requests, 'errors', errors, 'cancelled', cancelled, 'tokens_in', tokens_in, 'tokens_out', tokens_out,
    'cached_tokens_in', cached_tokens_in, 'cost_usd', cost_usd, 'unpriced', unpriced, 'approvals', approvals,
    'approval_sum', approval_sum, 'ratings', ratings, 'rating_sum', rating_sum, 'latency_sum_ms', latency_sum_ms,
    'ttft_sum_ms', ttft_sum_ms),
  'latency', latency,
  'ttft', ttft)
from given, summed
where summed.place <= 100
order by summed.period, summed.place
