with created as (
  insert into collections (team_id, id, name, description, created_by, updated_by)
  select $1, id, name, description, $2::jsonb ->> 'user_id', $2::jsonb ->> 'user_id'
  from jsonb_to_record($3) as given (id text, name text, description text)
  on conflict (team_id, name) do nothing
  returning id, name, collection_document(collections) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'collection.create', id, jsonb_build_object('name', name) from created
)
select coalesce(
  (select jsonb_build_object('done', document) from created),
  jsonb_build_object('conflict', 'a collection of this name exists already'))
