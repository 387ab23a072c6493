-- For good, messages included, and what was said in what was counted: what users said is theirs to take back. The audit
-- keeps that it was there. Answers that are still streaming come back, to be stopped: this statement sees them as they
-- were.
with deleted as (
  delete from conversations where team_id = $1 and id = $3
  returning id
), forgotten as (
  update inferences set input = null, output = null, tools = null
  where team_id = $1 and conversation_id in (select id from deleted)
), audited as (
  insert into audit (team_id, actor, action, resource)
  select $1, $2, 'conversation.delete', id from deleted
)
select coalesce(
  (select jsonb_build_object('done', (
    select coalesce(jsonb_agg(messages.id), '[]')
    from messages
    where messages.team_id = $1 and messages.conversation_id = deleted.id and messages.status = 'streaming'))
  from deleted),
  jsonb_build_object('not_found', 'conversation'))
