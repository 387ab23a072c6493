-- Sums by team: all teams for the one that runs the installation, else the asking team alone.
with cell as (
  select teams.id, teams.name, cells.*
  from teams cross join lateral rollup_cells(teams.id, $2, $3) as cells
  where teams.id = $1 or (select is_operator from teams where id = $1)
)
select jsonb_build_object(
  'period', 'current',
  'name', id,
  'team_name', name,
  'groups', count(*) over (),
  'sums', jsonb_build_object(
    'requests', sum(requests), 'errors', coalesce(sum(requests) filter (where status = 'error'), 0),
    'cancelled', coalesce(sum(requests) filter (where status = 'cancelled'), 0), 'tokens_in', sum(tokens_in),
    'tokens_out', sum(tokens_out), 'cached_tokens_in', sum(cached_tokens_in), 'cost_usd', sum(cost_usd),
    'unpriced', sum(unpriced), 'approvals', sum(approvals), 'approval_sum', sum(approval_sum), 'ratings', sum(ratings),
    'rating_sum', sum(rating_sum), 'latency_sum_ms', sum(latency_sum_ms), 'ttft_sum_ms', sum(ttft_sum_ms)))
from cell
group by id, name
order by sum(cost_usd) desc, id
