-- One rating for each person and answer: a second one takes the first one's place and remembers it. What the answer was
-- of is known from its message, else from its inference, else from what the caller says; and at last, if the person is
-- a unit of exactly one running experiment that it could be about, from that.
with given as (
  select * from jsonb_to_record($3) as given (
    id text, message_id text, request_id text, request_name text, user_id text, unit text, rating smallint, scale text, comment text,
    prompt_id text, version_id text, experiment_id text, variant text)
), message as (
  select messages.id, messages.request_id, messages.prompt_id, messages.version_id, messages.experiment_id,
    messages.variant, conversations.user_id as unit
  from given
  join messages on messages.team_id = $1 and messages.role = 'assistant'
    and (messages.id = given.message_id or messages.request_id = given.request_id)
  join conversations on conversations.team_id = $1 and conversations.id = messages.conversation_id
  order by messages.created_at desc
  limit 1
), inference as (
  select inferences.prompt_id, inferences.version_id, inferences.experiment_id, inferences.variant, inferences.unit
  from given
  join inferences on inferences.team_id = $1 and inferences.request_id = given.request_name
  where not exists (select from message)
  order by inferences.at desc
  limit 1
), told as (
  select given.prompt_id, given.version_id, given.experiment_id, given.variant, given.unit
  from given
  where given.message_id is null and not exists (select from message) and not exists (select from inference)
), unknown as (
  -- What the caller says must be the team's: another team's prompt is as unknown as none.
  select case
    when prompt_id is not null and not exists (
      select from prompts where prompts.team_id = $1 and prompts.id = told.prompt_id) then 'prompt'
    when version_id is not null and not exists (
      select from versions
      where versions.team_id = $1 and versions.id = told.version_id
        and (told.prompt_id is null or versions.prompt_id = told.prompt_id)) then 'version'
    when experiment_id is not null and not exists (
      select from experiments
      where experiments.team_id = $1 and experiments.id = told.experiment_id
        and (told.prompt_id is null or experiments.prompt_id = told.prompt_id)) then 'experiment'
    end as what
  from told
), met as (
  select experiments.prompt_id, experiments.id as experiment_id, experiment_units.variant
  from told
  join experiments on experiments.team_id = $1 and experiments.ended_at is null
    and (told.prompt_id is null or experiments.prompt_id = told.prompt_id)
  join experiment_units on experiment_units.team_id = $1 and experiment_units.experiment_id = experiments.id
    and experiment_units.unit = told.unit and experiment_units.variant is not null
  where told.experiment_id is null
), answer as (
  select id as message_id, request_id, prompt_id, version_id, experiment_id, variant, unit from message
  union all
  select null, null, prompt_id, version_id, experiment_id, variant, unit from inference
  union all
  select null, null, coalesce(told.prompt_id, met.prompt_id), told.version_id,
    coalesce(told.experiment_id, met.experiment_id), coalesce(told.variant, met.variant), told.unit
  from told
  left join met on (select count(*) from met) = 1
  where (select what from unknown) is null
), stored as (
  insert into feedback as earlier (
    team_id, id, subject, message_id, request_id, user_id, rating, scale, comment, prompt_id, version_id,
    experiment_id, variant, created_by)
  select $1, given.id, coalesce(answer.message_id, given.request_name), answer.message_id,
    coalesce(answer.request_id, given.request_id), coalesce(given.user_id, answer.unit, $2::jsonb ->> 'user_id'),
    given.rating, given.scale, given.comment, answer.prompt_id, answer.version_id, answer.experiment_id,
    answer.variant, $2::jsonb ->> 'user_id'
  from given, answer
  on conflict (team_id, subject, user_id) do update set
    rating = excluded.rating, scale = excluded.scale, comment = excluded.comment,
    previous_rating = earlier.rating, previous_scale = earlier.scale, previous_at = earlier.updated_at,
    -- The first time its inference may have been on its way.
    prompt_id = coalesce(earlier.prompt_id, excluded.prompt_id),
    version_id = coalesce(earlier.version_id, excluded.version_id),
    experiment_id = coalesce(earlier.experiment_id, excluded.experiment_id),
    variant = coalesce(earlier.variant, excluded.variant),
    updated_at = now()
  returning id, updated_at, previous_rating, previous_scale, previous_at, feedback_document(earlier) as document
)
select coalesce(
  (select jsonb_build_object('done', jsonb_build_object(
    'feedback', stored.document,
    'unit', answer.unit,
    'at_ms', epoch_ms(stored.updated_at),
    'previous', case when stored.previous_at is not null then jsonb_build_object(
      'rating', stored.previous_rating, 'scale', stored.previous_scale, 'at_ms', epoch_ms(stored.previous_at)) end))
  from stored, answer),
  jsonb_build_object('not_found', coalesce((select what from unknown), 'message')))
