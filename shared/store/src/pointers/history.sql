-- Null when there is no such prompt, to tell it from one that never went live.
select case when exists (select from prompts where team_id = $1 and (id = $2 or name = $2)) then (
  select coalesce(jsonb_agg(document order by revision desc), '[]')
  from (
    select pointer_moves.revision, jsonb_build_object(
      'prompt_id', pointer_moves.prompt_id,
      'environment', pointer_moves.environment,
      'revision', pointer_moves.revision,
      'version_id', pointer_moves.version_id,
      'version_number', target.number,
      'previous_version_id', pointer_moves.previous_version_id,
      'previous_version_number', origin.number,
      'action', pointer_moves.action,
      'justification', pointer_moves.justification,
      'override_gate', pointer_moves.override_gate,
      'moved_at', rfc3339(pointer_moves.moved_at),
      'moved_by', pointer_moves.moved_by,
      'moved_by_name', users.name) as document
    from prompts
    join pointer_moves on pointer_moves.team_id = $1 and pointer_moves.prompt_id = prompts.id
    join versions as target on target.team_id = $1 and target.id = pointer_moves.version_id
    left join versions as origin on origin.team_id = $1 and origin.id = pointer_moves.previous_version_id
    left join users on users.team_id = $1 and users.id = pointer_moves.moved_by
    where prompts.team_id = $1 and (prompts.id = $2 or prompts.name = $2)
      and ($3::text is null or pointer_moves.environment = $3)
      and ($4::text is null or pointer_moves.revision < $4::bigint)
    order by pointer_moves.revision desc
    limit $5
  ) as page) end
