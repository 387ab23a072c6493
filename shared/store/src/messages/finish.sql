-- The first to finish an answer says how it ended. False when it had ended already, or is gone.
with finished as (
  update messages set
    content = given.content, status = given.status, model = coalesce(given.model, messages.model),
    tokens_in = given.tokens_in, tokens_out = given.tokens_out, cached_tokens_in = given.cached_tokens_in,
    cost_usd = given.cost_usd, latency_ms = given.latency_ms, ttft_ms = given.ttft_ms,
    finish_reason = given.finish_reason, error_code = given.error_code, completed_at = now()
  from jsonb_to_record($3) as given (
    content text, status text, model text, tokens_in bigint, tokens_out bigint, cached_tokens_in bigint,
    cost_usd double precision, latency_ms bigint, ttft_ms bigint, finish_reason text, error_code text)
  where messages.team_id = $1 and messages.id = $2 and messages.status = 'streaming'
  returning messages.conversation_id
), touched as (
  update conversations set updated_at = now()
  from finished
  where conversations.team_id = $1 and conversations.id = finished.conversation_id
)
select to_jsonb(exists (select from finished))
