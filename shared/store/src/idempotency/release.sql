with released as (
  delete from idempotency
  where team_id = $1 and key_id = $2 and idempotency_key = $3 and request_id = $4 and state = 'pending'
  returning state
)
select to_jsonb(exists (select from released))
