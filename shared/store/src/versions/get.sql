-- $3 is an id, a number, an environment, or "latest".
select version_document(versions)
from prompts
join versions on versions.team_id = $1 and versions.prompt_id = prompts.id
where prompts.team_id = $1 and (prompts.id = $2 or prompts.name = $2)
  and versions.id = case
    when $3 in ('staging', 'production') then (
      select version_id from pointers
      where pointers.team_id = $1 and pointers.prompt_id = prompts.id and pointers.environment = $3)
    when $3 = 'latest' or $3 ~ '^[0-9]{1,15}$' then (
      select numbered.id from versions as numbered
      where numbered.team_id = $1 and numbered.prompt_id = prompts.id
        and numbered.number = case when $3 = 'latest' then prompts.latest_version_number else $3::bigint end)
    else $3
  end
