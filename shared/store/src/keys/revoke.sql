-- Revoking twice is revoking once: the first time stays.
with revoked as (
  update api_keys set revoked_at = now()
  where team_id = $1 and id = $3 and revoked_at is null
  returning id, name
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'key.revoke', id, jsonb_build_object('name', name) from revoked
)
select coalesce(
  (select jsonb_build_object('done', key_hash) from api_keys where team_id = $1 and id = $3),
  jsonb_build_object('not_found', 'api_key'))
