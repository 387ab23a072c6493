-- What claim would ignore anyway. A thousand at a time, so that it never takes long.
with purged as (
  delete from idempotency
  where (team_id, key_id, idempotency_key) in (
    select team_id, key_id, idempotency_key from idempotency
    where team_id = $1 and created_at < now() - interval '24 hours'
    limit 1000
    for update skip locked)
  returning state
)
select to_jsonb(count(*)) from purged
