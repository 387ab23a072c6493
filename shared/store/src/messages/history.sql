-- Null when there is no such conversation, to tell it from an empty one.
select case when exists (select from conversations where team_id = $1 and id = $2) then (
  select coalesce(jsonb_agg(jsonb_build_object('role', role, 'content', content, 'position', position) order by position), '[]')
  from (
    select role, content, position from messages
    where team_id = $1 and conversation_id = $2 and content <> ''
    order by position desc
    limit $3
  ) as latest) end
