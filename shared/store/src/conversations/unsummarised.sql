-- The turns that a conversation's summary does not stand for, the oldest first: up to the position $3, and until $4
-- characters are full. The first is there however long it is.
select jsonb_build_object(
  'summary', summary,
  'turns', (
    select coalesce(jsonb_agg(jsonb_build_object('role', role, 'content', content, 'position', position) order by position), '[]')
    from (
      select role, content, position, sum(length(content)) over (order by position) - length(content) as characters_before
      from messages
      where messages.team_id = $1 and messages.conversation_id = conversations.id and content <> ''
        and position > coalesce(summary_through, 0) and position <= $3
    ) as oldest
    where characters_before < $4))
from conversations
where team_id = $1 and id = $2
