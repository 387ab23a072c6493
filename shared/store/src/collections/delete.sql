-- Deletes a collection. With living prompts in it that needs $4, and archives them. The prompts leave the collection by
-- its foreign key.
with found as (
  select id, name from collections where team_id = $1 and id = $3 for update
), living as (
  select prompts.id
  from prompts, found
  where prompts.team_id = $1 and prompts.collection_id = found.id and prompts.archived_at is null
  for no key update of prompts
), allowed as (
  select found.* from found where $4 or not exists (select from living)
), archived as (
  update prompts set archived_at = now(), updated_at = now(), updated_by = $2::jsonb ->> 'user_id'
  from living, allowed
  where prompts.team_id = $1 and prompts.id = living.id
  returning prompts.id, prompts.name
), bumped as (
  update pointers set revision = nextval('revisions')
  from archived
  where pointers.team_id = $1 and pointers.prompt_id = archived.id
  returning pointers.prompt_id, pointers.environment, pointers.revision
), deleted as (
  delete from collections using allowed
  where collections.team_id = $1 and collections.id = allowed.id
  returning collections.id, collections.name
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'collection.delete', id, jsonb_build_object('name', name, 'cascade', $4) from deleted
  union all
  select $1, $2, 'prompt.archive', id, jsonb_build_object('collection_id', $3) from archived
)
select case
  when exists (select from deleted) then jsonb_build_object('done', (
    select coalesce(jsonb_agg(document), '[]')
    from (
      select jsonb_build_object(
        'prompt_id', archived.id, 'name', archived.name,
        'revisions', jsonb_object_agg(bumped.environment, bumped.revision)) as document
      from archived join bumped on bumped.prompt_id = archived.id
      group by archived.id, archived.name
    ) as documents))
  when exists (select from found) then
    jsonb_build_object('conflict', 'the collection has prompts: move them, or delete it with cascade=true')
  else jsonb_build_object('not_found', 'collection')
end
