-- With its last $3 messages, the oldest of them first.
select conversation_document(conversations) || jsonb_build_object('messages', (
  select coalesce(jsonb_agg(message_document(messages) order by messages.position), '[]')
  from messages
  where messages.team_id = $1 and messages.conversation_id = conversations.id
    and messages.position > conversations.message_count - $3))
from conversations
where team_id = $1 and id = $2
