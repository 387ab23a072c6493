-- The operator adds a team with its first user and admin key. Its own audit log keeps that; the new team's starts with
-- what the new team does.
with given as (
  select * from jsonb_to_record($3) as given (
    team_id text, team_name text, user_id text, user_name text, key_id text, key_name text, key_hash text, hint text)
), created as (
  insert into teams (id, name)
  select team_id, team_name from given
  where exists (select from teams where id = $1 and is_operator)
  on conflict (name) do nothing
  returning id, name, is_operator, created_at
), first_user as (
  insert into users (team_id, id, name)
  select created.id, given.user_id, given.user_name from created, given
), first_key as (
  insert into api_keys (team_id, id, user_id, name, role, key_hash, hint, created_by)
  select created.id, given.key_id, given.user_id, given.key_name, 'admin', given.key_hash, given.hint, given.user_id
  from created, given
  returning api_key_document(api_keys, (select user_name from given)) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'team.create', id, jsonb_build_object('name', name) from created
)
select case
  when exists (select from created) then (
    select jsonb_build_object('done', jsonb_build_object(
      'team', jsonb_build_object(
        'id', created.id, 'team_id', created.id, 'name', created.name, 'is_operator', created.is_operator,
        'created_at', rfc3339(created.created_at)),
      'key', first_key.document))
    from created, first_key)
  when exists (select from teams where id = $1 and is_operator) then
    jsonb_build_object('conflict', 'a team of this name exists already')
  else jsonb_build_object('forbidden', 'only the team that runs this installation adds teams')
end
