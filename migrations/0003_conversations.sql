-- What users and models said to each other.

create table conversations (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  title text not null,
  -- The unit that experiments assign: whatever the caller calls its user, not one of ours.
  user_id text collate "C",
  prompt_id text collate "C",
  -- Counted here, so that positions are consecutive: whoever adds messages holds this row.
  message_count bigint not null,
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  primary key (team_id, id)
);

create index conversations_by_update on conversations (team_id, updated_at, id);
create index conversations_by_user on conversations (team_id, user_id, updated_at, id);
create index conversations_by_word on conversations using gin (title gin_trgm_ops);

-- Prompts, versions and experiments are named without foreign keys: they are never deleted, and a chat should not pay
-- for making sure.
create table messages (
  team_id text collate "C" not null,
  id text collate "C" not null,
  conversation_id text collate "C" not null,
  position bigint not null,
  role text collate "C" not null check (role in ('user', 'assistant')),
  content text not null,
  status text collate "C" not null check (status in ('streaming', 'complete', 'cancelled', 'failed')),
  prompt_id text collate "C",
  version_id text collate "C",
  environment text collate "C",
  experiment_id text collate "C",
  variant text,
  model text,
  tokens_in bigint,
  tokens_out bigint,
  cached_tokens_in bigint,
  cost_usd double precision,
  latency_ms bigint,
  ttft_ms bigint,
  finish_reason text,
  error_code text,
  request_id text collate "C",
  created_at timestamptz(3) not null default now(),
  completed_at timestamptz(3),
  primary key (team_id, id),
  unique (team_id, conversation_id, position),
  foreign key (team_id, conversation_id) references conversations on delete cascade
);

create index messages_by_request on messages (team_id, request_id);
create index messages_by_age on messages (team_id, created_at, id);
create index messages_by_word on messages using gin (content gin_trgm_ops);

create function conversation_document(conversation conversations) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', conversation.id,
  'conversation_id', conversation.id,
  'title', conversation.title,
  'user_id', conversation.user_id,
  'prompt_id', conversation.prompt_id,
  'message_count', conversation.message_count,
  'created_at', rfc3339(conversation.created_at),
  'created_by', conversation.created_by,
  'updated_at', rfc3339(conversation.updated_at));

create function message_document(message messages) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', message.id,
  'message_id', message.id,
  'conversation_id', message.conversation_id,
  'position', message.position,
  'role', message.role,
  'content', message.content,
  -- Whoever streamed this long has died, and nobody is left to say so.
  'status', case when message.status = 'streaming' and message.created_at < now() - interval '15 minutes'
    then 'cancelled' else message.status end,
  'prompt_id', message.prompt_id,
  'version_id', message.version_id,
  'environment', message.environment,
  'experiment_id', message.experiment_id,
  'variant', message.variant,
  'model', message.model,
  'tokens_in', message.tokens_in,
  'tokens_out', message.tokens_out,
  'cached_tokens_in', message.cached_tokens_in,
  'cost_usd', message.cost_usd,
  'latency_ms', message.latency_ms,
  'ttft_ms', message.ttft_ms,
  'finish_reason', message.finish_reason,
  'error_code', message.error_code,
  'request_id', message.request_id,
  'created_at', rfc3339(message.created_at),
  'completed_at', rfc3339(message.completed_at));
