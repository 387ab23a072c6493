with touched as (
  update api_keys set last_used_at = now()
  from jsonb_to_recordset($1) as used (team_id text, key_id text)
  where api_keys.team_id = used.team_id and api_keys.id = used.key_id
    and (api_keys.last_used_at is null or api_keys.last_used_at < now())
  returning api_keys.id
)
select to_jsonb(count(*)) from touched
