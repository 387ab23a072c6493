-- Takes the key for this request, if nobody has it. A claim that is $7 seconds old belongs to a request that died, or
-- that never heard what came of its change: if it has an audit row, it was done, and is not done again. An answer that is
-- a day old is forgotten. Null when another request has just taken the key and is not visible yet.
with claimed as (
  insert into idempotency as held (team_id, key_id, idempotency_key, route, body_hash, request_id)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (team_id, key_id, idempotency_key) do update
  set route = excluded.route, body_hash = excluded.body_hash, request_id = excluded.request_id, state = 'pending',
    status = null, response = null, created_at = now()
  where held.state = 'pending' and held.created_at < now() - make_interval(secs => $7) and not exists (
      select from audit
      where audit.team_id = held.team_id and audit.at >= held.created_at
        and audit.actor ->> 'request_id' = held.request_id)
    or held.created_at < now() - interval '24 hours'
  returning state
)
select case
  when exists (select from claimed) then '"claimed"'::jsonb
  else (
    select jsonb_build_object('held', jsonb_build_object(
      'route', route, 'body_hash', body_hash, 'status', status, 'response', response,
      'is_lost', state = 'pending' and created_at < now() - make_interval(secs => $7)))
    from idempotency
    where team_id = $1 and key_id = $2 and idempotency_key = $3)
end
