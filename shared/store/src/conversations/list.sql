select conversation_document(conversations)
from conversations
where team_id = $1
  and ($2::text is null or user_id = $2)
  and ($3::text is null or title ilike $3 or id in (
    select conversation_id from messages where messages.team_id = $1 and messages.content ilike $3))
  and ($4::text is null or (updated_at, id) < ($4::timestamptz, $5))
order by updated_at desc, id desc
limit $6
