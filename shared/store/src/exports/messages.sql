-- Messages by the time they were started, and then as they stand in their conversation, after a position.
select to_jsonb(page) from (
  select
    messages.id, messages.conversation_id, messages.position, messages.role, messages.content,
    case when messages.status = 'streaming' and messages.created_at < now() - interval '15 minutes'
      then 'cancelled' else messages.status end as status, messages.prompt_id, prompts.name as prompt_name,
    messages.version_id, versions.number as version_number, messages.environment, messages.experiment_id,
    messages.variant, messages.model, messages.tokens_in, messages.tokens_out, messages.cached_tokens_in,
    messages.cost_usd, messages.latency_ms, messages.ttft_ms, messages.finish_reason, messages.error_code,
    messages.request_id, rfc3339(messages.created_at) as created_at, rfc3339(messages.completed_at) as completed_at
  from messages
  left join prompts on prompts.team_id = messages.team_id and prompts.id = messages.prompt_id
  left join versions on versions.team_id = messages.team_id and versions.id = messages.version_id
  where messages.team_id = $1
    and ($2 is null or messages.created_at >= to_timestamp($2 / 1000.0))
    and ($3 is null or messages.created_at < to_timestamp($3 / 1000.0))
    and ($4 is null or (messages.created_at, messages.conversation_id || lpad(messages.position::text, 12, '0'))
      > ($4::timestamptz, $5 collate "C"))
  order by messages.created_at, messages.conversation_id || lpad(messages.position::text, 12, '0')
  limit $6
) as page
