-- False when another request has taken the claim over meanwhile.
with completed as (
  update idempotency set state = 'done', status = $5, response = $6
  where team_id = $1 and key_id = $2 and idempotency_key = $3 and request_id = $4
  returning state
)
select to_jsonb(exists (select from completed))
