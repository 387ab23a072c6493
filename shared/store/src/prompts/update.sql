-- Only what the document names changes; a document that changes nothing leaves no trace. A new name changes what resolve
-- answers, hence the new revisions.
with found as (
  select id, name, $4::jsonb ? 'name' and $4::jsonb ->> 'name' <> name as renamed,
    fields || $4::jsonb <> fields as differs
  from prompts, lateral (
    select jsonb_build_object('name', name, 'description', description, 'collection_id', collection_id, 'tags', tags)
  ) as current (fields)
  where team_id = $1 and (id = $3 or name = $3)
  for no key update of prompts
), allowed as (
  select found.* from found
  where $4::jsonb ->> 'collection_id' is null
    or exists (select from collections where team_id = $1 and collections.id = $4::jsonb ->> 'collection_id')
), bumped as (
  update pointers set revision = nextval('revisions')
  from allowed
  where pointers.team_id = $1 and pointers.prompt_id = allowed.id and allowed.renamed
  returning pointers.environment, pointers.revision, pointer_document(pointers) as document
), changed as (
  update prompts set
    name = coalesce($4::jsonb ->> 'name', prompts.name),
    description = coalesce($4::jsonb ->> 'description', prompts.description),
    collection_id = case when $4::jsonb ? 'collection_id' then $4::jsonb ->> 'collection_id' else prompts.collection_id end,
    tags = case when $4::jsonb ? 'tags' then array(select jsonb_array_elements_text($4::jsonb -> 'tags')) else prompts.tags end,
    updated_at = case when differs then now() else prompts.updated_at end,
    updated_by = case when differs then $2::jsonb ->> 'user_id' else prompts.updated_by end
  from allowed
  where prompts.team_id = $1 and prompts.id = allowed.id
  returning prompts.id, differs, prompt_document(prompts, coalesce(
    (select jsonb_object_agg(environment, document) from bumped),
    pointers_document(prompts.team_id, prompts.id))) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'prompt.update', id, $4 from changed where differs
)
select case
  when exists (select from changed) then jsonb_build_object('done', jsonb_build_object(
    'prompt', (select document from changed),
    'previous_name', (select name from found where renamed),
    'revisions', (select jsonb_object_agg(environment, revision) from bumped)))
  when exists (select from found) then jsonb_build_object('not_found', 'collection')
  else jsonb_build_object('not_found', 'prompt')
end
