-- Only what the document names changes; a document that changes nothing leaves no trace.
with found as (
  select id, fields || $4::jsonb <> fields as differs
  from collections, lateral (
    select jsonb_build_object('name', name, 'description', description)
  ) as current (fields)
  where team_id = $1 and id = $3
  for no key update of collections
), changed as (
  update collections set
    name = coalesce($4::jsonb ->> 'name', name),
    description = coalesce($4::jsonb ->> 'description', description),
    updated_at = case when differs then now() else updated_at end,
    updated_by = case when differs then $2::jsonb ->> 'user_id' else updated_by end
  from found
  where team_id = $1 and collections.id = found.id
  returning collections.id, differs, collection_document(collections) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'collection.update', id, $4 from changed where differs
)
select coalesce(
  (select jsonb_build_object('done', document) from changed),
  jsonb_build_object('not_found', 'collection'))
