-- The new key takes over everything but the secret. A key has one successor: of two simultaneous rotations the second
-- finds replaced_by set.
with replaced as (
  update api_keys
  set replaced_by = $4::jsonb ->> 'id', grace_until = now() + make_interval(secs => $5)
  where team_id = $1 and id = $3 and revoked_at is null and replaced_by is null
    and (expires_at is null or expires_at > now())
  returning *
), created as (
  insert into api_keys (
    team_id, id, user_id, name, role, key_hash, hint, chat_requests_per_hour, expires_at, created_by)
  select $1, $4::jsonb ->> 'id', user_id, name, role, $4::jsonb ->> 'key_hash', $4::jsonb ->> 'hint', chat_requests_per_hour, expires_at,
    $2::jsonb ->> 'user_id'
  from replaced
  returning api_key_document(
    api_keys,
    (select users.name from users where users.team_id = $1 and users.id = api_keys.user_id)) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'key.rotate', id, jsonb_build_object('replaced_by', replaced_by, 'grace_seconds', $5) from replaced
)
select case
  when exists (select from replaced) then (
    select jsonb_build_object('done', jsonb_build_object(
      'key', created.document,
      'previous_key_id', replaced.id,
      'previous_key_hash', replaced.key_hash,
      'previous_grace_until_ms', epoch_ms(replaced.grace_until)))
    from created, replaced)
  when exists (select from api_keys where team_id = $1 and id = $3) then
    jsonb_build_object('conflict', 'the key is revoked, expired or already rotated')
  else jsonb_build_object('not_found', 'api_key')
end
