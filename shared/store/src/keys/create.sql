with created as (
  insert into api_keys (
    team_id, id, user_id, name, role, key_hash, hint, chat_requests_per_hour, expires_at, created_by)
  select $1, id, user_id, name, role, key_hash, hint, chat_requests_per_hour, to_timestamp(expires_at_ms / 1000.0),
    $2::jsonb ->> 'user_id'
  from jsonb_to_record($3) as given (
    id text, user_id text, name text, role text, key_hash text, hint text, chat_requests_per_hour bigint,
    expires_at_ms bigint)
  returning id, name, role, api_key_document(
    api_keys,
    (select users.name from users where users.team_id = $1 and users.id = api_keys.user_id)) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'key.create', id, jsonb_build_object('name', name, 'role', role) from created
)
select jsonb_build_object('done', document) from created
