-- Content that is there already takes no number. When a simultaneous statement adds the same content first, this one
-- fails as a whole on versions_content_is_new, the number included; its caller runs it again.
with prompt as (
  select id, archived_at from prompts
  where team_id = $1 and (id = $3 or name = $3)
  for no key update
), existing as (
  select version_document(versions) as document
  from prompt join versions on versions.team_id = $1 and versions.prompt_id = prompt.id
  where versions.content_hash = $4::jsonb ->> 'content_hash'
), numbered as (
  update prompts
  set latest_version_number = prompts.latest_version_number + 1, updated_at = now(), updated_by = $2::jsonb ->> 'user_id'
  from prompt
  where prompts.team_id = $1 and prompts.id = prompt.id and prompt.archived_at is null
    and not exists (select from existing)
  returning prompts.id, prompts.latest_version_number
), created as (
  insert into versions (
    team_id, id, prompt_id, number, type, template_text, messages, system_prompt, few_shot_examples, model_id,
    temperature, max_tokens, config, commit_message, content_hash, variables, created_by)
  select $1, given.id, numbered.id, numbered.latest_version_number, type, template_text, messages, system_prompt,
    few_shot_examples, model_id, temperature, max_tokens, config, commit_message, content_hash, variables,
    $2::jsonb ->> 'user_id'
  from numbered, jsonb_to_record($4) as given (
    id text, type text, template_text text, messages jsonb, system_prompt text, few_shot_examples jsonb, model_id text,
    temperature double precision, max_tokens bigint, config jsonb, commit_message text, content_hash text,
    variables jsonb)
  returning id, prompt_id, number, version_document(versions) as document
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'version.create', prompt_id, jsonb_build_object('version_id', id, 'version_number', number)
  from created
)
select case
  when exists (select from created) then jsonb_build_object('done', jsonb_build_object(
    'version', (select document from created), 'deduplicated', false))
  when exists (select from prompt where archived_at is not null) then
    jsonb_build_object('conflict', 'the prompt is archived: restore it first')
  when exists (select from existing) then jsonb_build_object('done', jsonb_build_object(
    'version', (select document from existing), 'deduplicated', true))
  else jsonb_build_object('not_found', 'prompt')
end
