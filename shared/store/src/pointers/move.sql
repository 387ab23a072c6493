-- Promotes, or rolls back. $4 is where to; null, for a rollback, is where the pointer was before.
-- The prompt's row is locked, then the pointer's, each in a step of its own, so that every statement takes them in the
-- same order. What follows reads the locked rows and versions, which never change.
with prompt as (
  select id, name, archived_at from prompts
  where team_id = $1 and (id = $3 or name = $3)
  for no key update
), pointer as (
  -- Before anything was live its revision is 0 to callers, who have seen no other.
  select pointers.version_id, pointers.previous_version_id,
    case when pointers.version_id is null then 0 else pointers.revision end as revision
  from pointers, prompt
  where pointers.team_id = $1 and pointers.prompt_id = prompt.id and pointers.environment = $5
  for no key update of pointers
), target as (
  select versions.id, versions.number
  from prompt, pointer, versions
  where versions.team_id = $1 and versions.prompt_id = prompt.id
    and versions.id = coalesce($4, pointer.previous_version_id)
), allowed as (
  select prompt.id as prompt_id, pointer.version_id as from_version_id, target.id as to_version_id
  from prompt, pointer, target
  where prompt.archived_at is null
    and ($7::bigint is null or pointer.revision = $7)
    and pointer.version_id is distinct from target.id
), moved as (
  update pointers
  set version_id = to_version_id, previous_version_id = from_version_id, revision = nextval('revisions'),
    updated_at = now(), updated_by = $2::jsonb ->> 'user_id'
  from allowed
  where pointers.team_id = $1 and pointers.prompt_id = allowed.prompt_id and pointers.environment = $5
  returning pointers.*
), recorded as (
  insert into pointer_moves (
    team_id, prompt_id, environment, revision, version_id, previous_version_id, action, justification, override_gate,
    moved_by)
  select $1, prompt_id, environment, revision, version_id, previous_version_id, $9, $6, $8, updated_by from moved
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'prompt.' || $9, prompt_id, jsonb_build_object(
    'environment', environment, 'version_id', version_id, 'previous_version_id', previous_version_id,
    'revision', revision, 'justification', $6, 'override_gate', $8)
  from moved
)
select case
  when not exists (select from prompt) then jsonb_build_object('not_found', 'prompt')
  when exists (select from prompt where archived_at is not null) then
    jsonb_build_object('conflict', 'the prompt is archived: restore it first')
  when $7 is not null and exists (select from pointer where revision <> $7) then
    jsonb_build_object('revision_mismatch', (select revision from pointer))
  when $4 is null and exists (select from pointer where previous_version_id is null) then
    jsonb_build_object('conflict', 'nothing was live here before, so there is nothing to roll back to')
  when not exists (select from target) then jsonb_build_object('not_found', 'version')
  else (
    select jsonb_build_object('done', jsonb_build_object(
      'prompt_id', prompt.id,
      'name', prompt.name,
      'environment', $5,
      'version_id', target.id,
      'version_number', target.number,
      'revision', coalesce((select revision from moved), pointer.revision),
      'previous_version_id', case when exists (select from moved)
        then pointer.version_id else pointer.previous_version_id end,
      'moved', exists (select from moved)))
    from prompt, pointer, target)
end
