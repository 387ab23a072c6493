-- An answer, by its id or by the request that asked for it.
select message_document(messages)
from messages
where team_id = $1 and (id = $2 or request_id = $2) and role = 'assistant'
order by created_at desc
limit 1
