with given as (
  select * from jsonb_to_record($3) as given (
    id text, name text, description text, collection_id text, tags text[])
), created as (
  insert into prompts (team_id, id, name, description, collection_id, tags, created_by, updated_by)
  select $1, id, name, description, collection_id, tags, $2::jsonb ->> 'user_id', $2::jsonb ->> 'user_id'
  from given
  where collection_id is null
    or exists (select from collections where collections.team_id = $1 and collections.id = given.collection_id)
  on conflict (team_id, name) do nothing
  returning id, name, prompt_document(prompts, '{"staging": null, "production": null}') as document
), pointed as (
  insert into pointers (team_id, prompt_id, environment, updated_by)
  select $1, created.id, environment, $2::jsonb ->> 'user_id'
  from created, unnest(array['staging', 'production']) as environment
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'prompt.create', id, jsonb_build_object('name', name) from created
), taken as (
  select prompts.archived_at is not null as archived
  from prompts join given using (name)
  where prompts.team_id = $1
)
select case
  when exists (select from created) then (select jsonb_build_object('done', document) from created)
  when exists (select from taken where archived) then
    jsonb_build_object('conflict', 'an archived prompt has this name: restore that one, or choose another name')
  when exists (select from taken) or not exists (select from given where collection_id is not null) then
    jsonb_build_object('conflict', 'a prompt of this name exists already')
  when exists (
    select from given join collections on collections.team_id = $1 and collections.id = given.collection_id) then
    jsonb_build_object('conflict', 'a prompt of this name exists already')
  else jsonb_build_object('not_found', 'collection')
end
