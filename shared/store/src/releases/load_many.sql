-- One row for each release that is wanted, in their order; null where there is no such prompt or version. With a version,
-- selected as in versions/get, it is a release as if that were what the pointer points at, and nothing else ran.
select case
    when pointers.prompt_id is null then null
    when wanted.version is null then release_document(prompts, pointers)
    when versions.id is not null then release_document(prompts, pointers) || jsonb_build_object(
      'version', released_version(versions), 'pinned', true, 'experiment', null, 'canary', null)
  end
from rows from (jsonb_to_recordset($2) as (reference text, environment text, version text)) with ordinality
  as wanted (reference, environment, version, position)
left join prompts
  on prompts.team_id = $1 and (prompts.id = wanted.reference or prompts.name = wanted.reference)
left join pointers
  on pointers.team_id = $1 and pointers.prompt_id = prompts.id and pointers.environment = wanted.environment
left join versions
  on versions.team_id = $1 and versions.prompt_id = prompts.id
  and versions.id = case
    when wanted.version in ('staging', 'production') then (
      select version_id from pointers as selected
      where selected.team_id = $1 and selected.prompt_id = prompts.id and selected.environment = wanted.version)
    when wanted.version = 'latest' or wanted.version ~ '^[0-9]{1,15}$' then (
      select numbered.id from versions as numbered
      where numbered.team_id = $1 and numbered.prompt_id = prompts.id
        and numbered.number = case
          when wanted.version = 'latest' then prompts.latest_version_number else wanted.version::bigint end)
    else wanted.version
  end
order by wanted.position
