-- Messages by the time they were started, and then as they stand in their conversation, after a position. The columns
-- are those of `Table::columns`.
select jsonb_build_array(
  id, conversation_id, position, role, content, status, prompt_id, prompt_name, version_id, version_number, environment,
  experiment_id, variant, model, tokens_in, tokens_out, cached_tokens_in, cost_usd, latency_ms, ttft_ms, finish_reason,
  error_code, request_id, rfc3339(created_at), rfc3339(completed_at)
) from (
  select
    messages.id, messages.conversation_id, messages.position, messages.role, messages.content,
    case when messages.status = 'streaming' and messages.created_at < now() - interval '15 minutes'
      then 'cancelled' else messages.status end as status, messages.prompt_id, prompts.name as prompt_name,
    messages.version_id, versions.number as version_number, messages.environment, messages.experiment_id,
    messages.variant, messages.model, messages.tokens_in, messages.tokens_out, messages.cached_tokens_in,
    messages.cost_usd, messages.latency_ms, messages.ttft_ms, messages.finish_reason, messages.error_code,
    messages.request_id, messages.created_at, messages.completed_at
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
