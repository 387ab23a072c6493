-- A turn: what the user says and the answer that is about to stream, in a new conversation or an existing one. The
-- answer to the caller has what was said before, for the model: this statement does not see its own messages.
with given as (
  select * from jsonb_to_record($2) as given (
    conversation_id text, title text, user_id text, created_by text, message_id text, content text, answer_id text,
    prompt_id text, version_id text, environment text, experiment_id text, variant text, model text, request_id text)
), existing as (
  update conversations set message_count = message_count + 2, updated_at = now()
  from given
  where conversations.team_id = $1 and conversations.id = given.conversation_id and given.title is null
  returning conversations.id, message_count, summary, summary_through
), created as (
  insert into conversations (team_id, id, title, user_id, prompt_id, message_count, created_by)
  select $1, conversation_id, title, user_id, prompt_id, 2, created_by from given where title is not null
  returning id, message_count, summary, summary_through
), conversation as (
  select * from existing union all select * from created
), said as (
  insert into messages (team_id, id, conversation_id, position, role, content, status, request_id, completed_at)
  select $1, given.message_id, conversation.id, conversation.message_count - 1, 'user', given.content, 'complete',
    given.request_id, now()
  from given, conversation
), answering as (
  insert into messages (
    team_id, id, conversation_id, position, role, content, status, prompt_id, version_id, environment, experiment_id,
    variant, model, request_id)
  select $1, given.answer_id, conversation.id, conversation.message_count, 'assistant', '', 'streaming',
    given.prompt_id, given.version_id, given.environment, given.experiment_id, given.variant, given.model,
    given.request_id
  from given, conversation
)
select coalesce((
  select jsonb_build_object('done', jsonb_build_object(
    'conversation_id', conversation.id,
    'position', conversation.message_count,
    'summary', conversation.summary,
    'earlier', earlier.all,
    'unsummarised', earlier.unsummarised,
    'history', (
      select coalesce(
        jsonb_agg(jsonb_build_object('role', role, 'content', content, 'position', position) order by position), '[]')
      from (
        select role, content, position, sum(length(content)) over (order by position desc) as characters
        from messages
        where messages.team_id = $1 and messages.conversation_id = conversation.id and content <> ''
          and position > coalesce(conversation.summary_through, 0) and position <= conversation.message_count - 2
        order by position desc
        limit $3
      ) as newest
      where characters <= $4)))
  from conversation, lateral (
    select count(*) as all, count(*) filter (where position > coalesce(conversation.summary_through, 0)) as unsummarised
    from messages
    where messages.team_id = $1 and messages.conversation_id = conversation.id and content <> ''
      and position <= conversation.message_count - 2
  ) as earlier), jsonb_build_object('not_found', 'conversation'))
