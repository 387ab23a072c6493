-- Only what the document names changes.
with changed as (
  update collections set
    name = coalesce($4::jsonb ->> 'name', name),
    description = coalesce($4::jsonb ->> 'description', description),
    updated_at = now(),
    updated_by = $2::jsonb ->> 'user_id'
  where team_id = $1 and id = $3
  returning id, collection_document(collections) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'collection.update', id, $4 from changed
)
select coalesce(
  (select jsonb_build_object('done', document) from changed),
  jsonb_build_object('not_found', 'collection'))
