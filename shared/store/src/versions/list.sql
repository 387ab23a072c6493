-- Null when there is no such prompt, to tell it from one without versions.
select case when exists (select from prompts where team_id = $1 and (id = $2 or name = $2)) then (
  select coalesce(jsonb_agg(document order by number desc), '[]')
  from (
    select versions.number, version_document(versions) as document
    from prompts
    join versions on versions.team_id = $1 and versions.prompt_id = prompts.id
    where prompts.team_id = $1 and (prompts.id = $2 or prompts.name = $2)
      and ($3::text is null or versions.number < $3::bigint)
    order by versions.number desc
    limit $4
  ) as page) end
