-- A rating may be there before the inference that it is about: that one goes through the event stream. What it is an
-- answer of is told to the rating when both are there.

-- Ratings of requests in these events, or of requests whose inference is in them, that do not know their prompt.
create function attribute_feedback(events jsonb) returns void
language sql
as $$
  with named as (
    select distinct team_id, request_id
    from jsonb_to_recordset(events) as event(type text, team_id text, request_id text)
    where type in ('inference', 'feedback') and request_id is not null
  ), unknown as materialized (
    select feedback.team_id, feedback.id, feedback.subject
    from named
    join feedback on feedback.team_id = named.team_id and feedback.subject = named.request_id
    where feedback.message_id is null and feedback.prompt_id is null
  ), known as (
    select unknown.id as feedback_id, answer.*
    from unknown
    cross join lateral (
      select team_id, prompt_id, version_id, experiment_id, variant from inferences
      where inferences.team_id = unknown.team_id and inferences.request_id = unknown.subject
      order by inferences.at desc
      limit 1
    ) as answer
  )
  update feedback set
    prompt_id = known.prompt_id, version_id = coalesce(feedback.version_id, known.version_id),
    experiment_id = coalesce(feedback.experiment_id, known.experiment_id),
    variant = coalesce(feedback.variant, known.variant)
  from known
  where feedback.team_id = known.team_id and feedback.id = known.feedback_id and known.prompt_id is not null
$$;

-- The same events, in which ratings know what their inferences know. A rating comes after its answer, and so does its
-- event: it is counted where the answer is.
create function attributed_events(events jsonb) returns jsonb
language sql stable parallel safe
as $$
  select jsonb_agg(
    case when answer.at is null then event else event || jsonb_strip_nulls(jsonb_build_object(
      'prompt_id', answer.prompt_id,
      'version_id', coalesce(event ->> 'version_id', answer.version_id),
      'experiment_id', coalesce(event ->> 'experiment_id', answer.experiment_id),
      'variant', coalesce(event ->> 'variant', answer.variant),
      'unit', coalesce(event ->> 'unit', answer.unit))) end
    order by position)
  from jsonb_array_elements(events) with ordinality as given(event, position)
  left join lateral (
    select at, prompt_id, version_id, experiment_id, variant, unit from inferences
    where event ->> 'type' = 'feedback' and event ->> 'prompt_id' is null and event ->> 'message_id' is null
      and inferences.team_id = event ->> 'team_id' and inferences.request_id = event ->> 'request_id'
    order by at desc
    limit 1
  ) as answer on true
$$;

create or replace function ingest_events(events jsonb) returns jsonb
language plpgsql
as $$
declare
  fresh jsonb;
  accepted integer;
begin
  -- One at a time for each team, in an order that cannot deadlock. Each statement below sees what the one before us
  -- has committed.
  perform pg_advisory_xact_lock(hashtextextended('events:' || team_id, 0))
  from (
    select distinct event ->> 'team_id' as team_id from jsonb_array_elements(events) as event order by 1) as teams;

  with given as (
    select distinct on (team_id, id) team_id, id, event
    from (
      select event ->> 'team_id' as team_id, event ->> 'id' as id, event, position
      from jsonb_array_elements(events) with ordinality as given(event, position)) as all_given
    order by team_id, id, position
  ), added as (
    insert into event_ids (team_id, id) select team_id, id from given on conflict do nothing returning team_id, id
  )
  select coalesce(jsonb_agg(event), '[]') into fresh from given join added using (team_id, id);

  accepted := jsonb_array_length(fresh);
  if accepted > 0 then
    insert into inferences (
      team_id, id, at, source, prompt_id, version_id, environment, experiment_id, variant, period, unit, model, status,
      error_code, tokens_in, tokens_out, cached_tokens_in, cost_usd, latency_ms, ttft_ms, request_id, message_id,
      conversation_id, trace_id, span_id, parent_span_id, client_started_at, input, output, tools, metadata)
    select
      team_id, id, to_timestamp(at_ms / 1000.0), source, prompt_id, version_id, environment, experiment_id, variant,
      period, unit, model, status, error_code, tokens_in, tokens_out, cached_tokens_in, cost_usd, latency_ms, ttft_ms,
      request_id, message_id, conversation_id, trace_id, span_id, parent_span_id, client_started_at, input, output,
      tools, metadata
    from jsonb_to_recordset(fresh) as event(
      type text, team_id text, id text, at_ms bigint, source text, prompt_id text, version_id text, environment text,
      experiment_id text, variant text, period bigint, unit text, model text, status text, error_code text,
      tokens_in bigint, tokens_out bigint, cached_tokens_in bigint, cost_usd double precision, latency_ms bigint,
      ttft_ms bigint, request_id text, message_id text, conversation_id text, trace_id text, span_id text,
      parent_span_id text, client_started_at timestamptz, input jsonb, output jsonb, tools jsonb, metadata jsonb)
    where type = 'inference';
    perform attribute_feedback(fresh);
    -- Asked first: most batches have no such rating, and texts are large.
    if exists (
      select from jsonb_to_recordset(fresh) as event(type text, prompt_id text, message_id text, request_id text)
      where type = 'feedback' and prompt_id is null and message_id is null and request_id is not null) then
      fresh := attributed_events(fresh);
    end if;
    perform add_to_rollups(fresh);
    perform add_to_experiments(fresh);
  end if;
  return jsonb_build_object('accepted', accepted, 'duplicates', jsonb_array_length(events) - accepted);
end
$$;
