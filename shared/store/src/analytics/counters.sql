-- What a team has used, ever, for a scraper that compares with what it saw before: from daily totals.
select jsonb_build_object(
  'status', nullif(status, ''), 'requests', sum(requests), 'tokens_in', sum(tokens_in), 'tokens_out', sum(tokens_out),
  'cost_usd', sum(cost_usd), 'approvals', sum(approvals), 'approval_sum', sum(approval_sum),
  'latency_sum_ms', sum(latency_sum_ms), 'latency', histogram_text(sum(latency)), 'ttft_sum_ms', sum(ttft_sum_ms),
  'ttft', histogram_text(sum(ttft)))
from rollup_cells($1, '{"is_total": true}',
  '[{"period": "current", "resolution": 86400, "from_ms": 0, "to_ms": 32503680000000}]') as cells
group by status
