-- A release as if the version that $3 selects were what $4 points at, and nothing else ran. $3 as in versions/get.
select release_document(prompts, pointers)
  || jsonb_build_object('version', released_version(versions), 'experiment', null, 'canary', null)
from prompts
join pointers on pointers.team_id = $1 and pointers.prompt_id = prompts.id and pointers.environment = $4
join versions on versions.team_id = $1 and versions.prompt_id = prompts.id
where prompts.team_id = $1 and (prompts.id = $2 or prompts.name = $2)
  and versions.id = case
    when $3 in ('staging', 'production') then (
      select version_id from pointers as selected
      where selected.team_id = $1 and selected.prompt_id = prompts.id and selected.environment = $3)
    when $3 = 'latest' or $3 ~ '^[0-9]{1,15}$' then (
      select numbered.id from versions as numbered
      where numbered.team_id = $1 and numbered.prompt_id = prompts.id
        and numbered.number = case when $3 = 'latest' then prompts.latest_version_number else $3::bigint end)
    else $3
  end
