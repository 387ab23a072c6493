-- Both values of a provider at once: a key must not stay behind when its address changes. The revision is taken once
-- the row is locked, so that of two simultaneous writers the later has the greater one.
with given as (
  select * from jsonb_to_record($3) as given (
    name text, sealed_key text, encryption_key_id text, last_four text, base_url text)
), stored as (
  insert into providers as known (
    team_id, name, sealed_key, encryption_key_id, last_four, base_url, revision, created_by, updated_by)
  select $1, name, sealed_key, encryption_key_id, last_four, base_url, nextval('revisions'), $2::jsonb ->> 'user_id',
    $2::jsonb ->> 'user_id'
  from given
  on conflict (team_id, name) do update set
    sealed_key = excluded.sealed_key, encryption_key_id = excluded.encryption_key_id,
    last_four = excluded.last_four, base_url = excluded.base_url, revision = nextval('revisions'),
    created_at = case when known.sealed_key is null then now() else known.created_at end,
    created_by = case when known.sealed_key is null then excluded.created_by else known.created_by end,
    updated_at = now(), updated_by = excluded.updated_by
  returning name, last_four, base_url, provider_document(known) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'provider.set', name, jsonb_build_object('last_four', last_four, 'base_url', base_url) from stored
)
select jsonb_build_object('done', document) from stored
