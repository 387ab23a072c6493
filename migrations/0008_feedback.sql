-- What people think of answers.

-- One row for each person and answer. The answer is a message, or a request that left none; what it was an answer of is
-- kept here, because a rating is about what was, and an inference is not kept for ever.
create table feedback (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  -- The message's id, or else the request's.
  subject text collate "C" not null,
  message_id text collate "C",
  request_id text collate "C",
  -- Who thinks so: the caller's user, or one of ours.
  user_id text collate "C" not null,
  rating smallint not null,
  scale text collate "C" not null check (scale in ('thumbs', 'stars')),
  comment text,
  prompt_id text collate "C",
  version_id text collate "C",
  experiment_id text collate "C",
  variant text,
  -- What the person said before: taken back where it was counted.
  previous_rating smallint,
  previous_scale text collate "C",
  previous_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  primary key (team_id, id),
  unique (team_id, subject, user_id),
  check (scale = 'thumbs' and rating in (-1, 1) or scale = 'stars' and rating between 1 and 5)
);

create index feedback_by_age on feedback (team_id, updated_at);
create index feedback_by_prompt on feedback (team_id, prompt_id, updated_at);
create index feedback_by_experiment on feedback (team_id, experiment_id, updated_at) where experiment_id is not null;

create function feedback_document(said feedback) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', said.id,
  'feedback_id', said.id,
  'message_id', said.message_id,
  'request_id', said.request_id,
  'user_id', said.user_id,
  'rating', said.rating,
  'scale', said.scale,
  'comment', said.comment,
  'prompt_id', said.prompt_id,
  'version_id', said.version_id,
  'experiment_id', said.experiment_id,
  'variant', said.variant,
  'created_at', rfc3339(said.created_at),
  'created_by', said.created_by,
  'updated_at', rfc3339(said.updated_at));
