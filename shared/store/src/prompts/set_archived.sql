-- Archives ($4) or restores. Doing it again changes nothing, but still tells the revisions, so that a caller whose
-- first answer was lost can clean its caches.
with found as (
  select id, (archived_at is not null) <> $4 as differs
  from prompts
  where team_id = $1 and (id = $3 or name = $3)
  for no key update
), bumped as (
  update pointers set revision = nextval('revisions')
  from found
  where pointers.team_id = $1 and pointers.prompt_id = found.id
  returning pointers.environment, pointers.revision, pointer_document(pointers) as document
), changed as (
  update prompts set
    archived_at = case when not $4 then null when found.differs then now() else prompts.archived_at end,
    updated_at = case when found.differs then now() else prompts.updated_at end,
    updated_by = case when found.differs then $2::jsonb ->> 'user_id' else prompts.updated_by end
  from found
  where prompts.team_id = $1 and prompts.id = found.id
  returning prompts.id, found.differs, prompt_document(
    prompts, (select jsonb_object_agg(environment, document) from bumped)) as document
), audited as (
  insert into audit (team_id, actor, action, resource)
  select $1, $2, case when $4 then 'prompt.archive' else 'prompt.restore' end, id from changed where differs
)
select case
  when exists (select from changed) then jsonb_build_object('done', jsonb_build_object(
    'prompt', (select document from changed),
    'revisions', (select jsonb_object_agg(environment, revision) from bumped)))
  else jsonb_build_object('not_found', 'prompt')
end
