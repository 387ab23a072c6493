-- The row stays for its revision.
with deleted as (
  update providers set
    sealed_key = null, encryption_key_id = null, last_four = null, base_url = null, revision = nextval('revisions'),
    updated_at = now(), updated_by = $2::jsonb ->> 'user_id'
  where team_id = $1 and name = $3 and sealed_key is not null
  returning name
), audited as (
  insert into audit (team_id, actor, action, resource)
  select $1, $2, 'provider.delete', name from deleted
)
select coalesce(
  (select jsonb_build_object('done', to_jsonb(name)) from deleted),
  jsonb_build_object('not_found', 'provider'))
