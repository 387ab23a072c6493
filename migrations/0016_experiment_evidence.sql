-- What experiments count, and by which numbers they are moved on.

-- Values of units that were not exposed yet. Their exposure takes them out; what waits in vain goes after an hour.
create table experiment_waiting (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  unit text collate "C" not null,
  -- The arm that the value names; null where it names none.
  variant text,
  at timestamptz(3) not null,
  arrived_at timestamptz(3) not null default now(),
  approval_n smallint not null,
  approval_sum double precision not null,
  user_rating_n smallint not null,
  user_rating_sum double precision not null,
  latency_ms_n smallint not null,
  latency_ms_sum double precision not null,
  cost_usd_n smallint not null,
  cost_usd_sum double precision not null,
  error_rate_n smallint not null,
  error_rate_sum double precision not null
);

create index experiment_waiting_by_unit on experiment_waiting (team_id, experiment_id, unit);
create index experiment_waiting_by_age on experiment_waiting (team_id, arrived_at);

-- When something last happened in an experiment, whoever came back included. The column `evidence` of experiments said
-- that before, and is no longer written.
create table experiment_activity (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  last_event_at timestamptz(3) not null,
  primary key (team_id, experiment_id)
) with (fillfactor = 50);

-- What waited there for an exposure does not say when it was and of which arm.
delete from experiment_units where variant is null;

-- The newest allocation period in which a unit was seen, and the arm that it met then: a second one in that period is a
-- defect of the split, as in the first.
alter table experiment_units
  add column latest_period bigint,
  add column latest_variant text;

update experiment_units set latest_period = period, latest_variant = variant;

-- When a unit was exposed first. Of two isolates that met it the earlier may be heard of later.
create function first_exposure(known experiment_units, variant text, period bigint, at timestamptz) returns timestamptz
language sql immutable parallel safe
return case
  when (known).exposed_at is null then at
  when variant = (known).variant and period = (known).period then least((known).exposed_at, at)
  else (known).exposed_at end;

-- Exposures come first, whatever the order of the events. A unit's row is read, changed in mind, and written; what it
-- contributed before and contributes now are the two ends of what is added to the sums.
-- A unit counts for the arm that it met first. A second arm within one allocation period, whichever, is a defect and takes
-- the unit out. In a later period weights have moved it, as they should: it stays, because taking out those who come back
-- would leave different people in different arms; and what it says of the other arm counts for neither.
-- What a unit says before its exposure says nothing of an arm: it may not have taken part then, and been given the
-- control for that reason. So a value counts from a minute before the exposure on, which is more than clocks differ by.
-- Values that arrive before the exposure wait for it.
create or replace function add_to_experiments(events jsonb) returns void
language sql
as $$
  -- No exposure is so long on its way.
  delete from experiment_waiting
  where team_id in (select distinct event ->> 'team_id' from jsonb_array_elements(events) as event)
    and arrived_at < now() - interval '1 hour';

  with event as (
    select * from jsonb_to_recordset(events) as event(
      type text, id text, team_id text, at_ms bigint, experiment_id text, variant text, period bigint, unit text,
      status text, latency_ms double precision, cost_usd double precision, approval double precision,
      rating double precision, replaces jsonb)
    where experiment_id is not null and unit is not null
  ), exposed as (
    select distinct on (team_id, experiment_id, unit)
      team_id, experiment_id, unit, variant, coalesce(period, 0) as period, to_timestamp(at_ms / 1000.0) as at
    from event where type = 'exposure'
    order by team_id, experiment_id, unit, at_ms, id
  ), arms as (
    select team_id, experiment_id, unit, coalesce(period, 0) as period, min(variant) as lowest, max(variant) as highest
    from event where type = 'exposure' group by team_id, experiment_id, unit, coalesce(period, 0)
  ), active as (
    insert into experiment_activity as known (team_id, experiment_id, last_event_at)
    select team_id, experiment_id, least(to_timestamp(max(at_ms) / 1000.0), now())
    from event group by team_id, experiment_id
    on conflict (team_id, experiment_id) do update set
      last_event_at = greatest(known.last_event_at, excluded.last_event_at)
  ), arrived as (
    select team_id, experiment_id, unit, variant, to_timestamp(at_ms / 1000.0) as at,
      case when approval is null then 0 else 1 end as approval_n, coalesce(approval, 0) as approval_sum,
      case when rating is null then 0 else 1 end as user_rating_n, coalesce(rating, 0) as user_rating_sum,
      0 as latency_ms_n, 0::double precision as latency_ms_sum, 0 as cost_usd_n, 0::double precision as cost_usd_sum,
      0 as error_rate_n, 0::double precision as error_rate_sum
    from event where type = 'feedback'
    union all
    -- Taken back if it was counted, so it is of the time when it was said.
    select team_id, experiment_id, unit, variant,
      to_timestamp(coalesce((replaces ->> 'at_ms')::bigint, at_ms) / 1000.0),
      case when replaces ->> 'approval' is null then 0 else -1 end,
      -coalesce((replaces ->> 'approval')::double precision, 0),
      case when replaces ->> 'rating' is null then 0 else -1 end,
      -coalesce((replaces ->> 'rating')::double precision, 0),
      0, 0, 0, 0, 0, 0
    from event where type = 'feedback' and replaces is not null
    union all
    -- How fast an arm answers is asked of its answers; how often it does not, of everything but what users cancelled.
    select team_id, experiment_id, unit, variant, to_timestamp(at_ms / 1000.0), 0, 0, 0, 0,
      case when status = 'ok' and latency_ms is not null then 1 else 0 end,
      case when status = 'ok' then coalesce(latency_ms, 0) else 0 end,
      case when cost_usd is null then 0 else 1 end, coalesce(cost_usd, 0),
      case when status = 'cancelled' then 0 else 1 end, case when status = 'error' then 1 else 0 end
    from event where type = 'inference'
  ), first_arm as (
    select team_id, experiment_id, unit, coalesce(before.variant, exposed.variant) as first_variant,
      first_exposure(before, exposed.variant, exposed.period, exposed.at) - interval '1 minute' as counts_from
    from (select distinct team_id, experiment_id, unit from event) as units
    left join experiment_units as before using (team_id, experiment_id, unit)
    left join exposed using (team_id, experiment_id, unit)
  ), waiting as (
    insert into experiment_waiting (
      team_id, experiment_id, unit, variant, at, approval_n, approval_sum, user_rating_n, user_rating_sum, latency_ms_n,
      latency_ms_sum, cost_usd_n, cost_usd_sum, error_rate_n, error_rate_sum)
    select arrived.* from arrived join first_arm using (team_id, experiment_id, unit) where first_variant is null
  ), awaited as (
    delete from experiment_waiting as held using exposed
    where held.team_id = exposed.team_id and held.experiment_id = exposed.experiment_id and held.unit = exposed.unit
    returning
      held.team_id, held.experiment_id, held.unit, held.variant, held.at, held.approval_n, held.approval_sum,
      held.user_rating_n, held.user_rating_sum, held.latency_ms_n, held.latency_ms_sum, held.cost_usd_n,
      held.cost_usd_sum, held.error_rate_n, held.error_rate_sum
  ), value as (
    select all_values.*
    from (select * from arrived union all select * from awaited) as all_values
    join first_arm using (team_id, experiment_id, unit)
    where (all_values.variant is null or all_values.variant = first_variant) and all_values.at >= counts_from
  ), added as (
    select team_id, experiment_id, unit,
      sum(approval_n) as approval_n, sum(approval_sum) as approval_sum,
      sum(user_rating_n) as user_rating_n, sum(user_rating_sum) as user_rating_sum,
      sum(latency_ms_n) as latency_ms_n, sum(latency_ms_sum) as latency_ms_sum,
      sum(cost_usd_n) as cost_usd_n, sum(cost_usd_sum) as cost_usd_sum,
      sum(error_rate_n) as error_rate_n, sum(error_rate_sum) as error_rate_sum
    from value group by team_id, experiment_id, unit
  ), mixed as (
    select team_id, experiment_id, unit, bool_or(
      arms.lowest <> arms.highest
      or arms.period = coalesce(before.period, exposed.period)
        and arms.lowest <> coalesce(before.variant, exposed.variant)
      or arms.period = before.latest_period and arms.lowest <> before.latest_variant) as is_mixed
    from arms
    join exposed using (team_id, experiment_id, unit)
    left join experiment_units as before using (team_id, experiment_id, unit)
    group by team_id, experiment_id, unit
  ), latest as (
    select distinct on (team_id, experiment_id, unit) team_id, experiment_id, unit, period, lowest as variant
    from arms order by team_id, experiment_id, unit, period desc
  ), touched as (
    select team_id, experiment_id, unit from exposed
    union
    select team_id, experiment_id, unit from added
  ), changed as (
    select
      team_id, experiment_id, unit, before.variant is not null as was_exposed,
      coalesce(before.in_two_arms, false) as was_in_two_arms,
      coalesce(before.variant, exposed.variant) as variant, coalesce(before.period, exposed.period) as period,
      first_exposure(before, exposed.variant, exposed.period, exposed.at) as exposed_at,
      case when before.latest_period >= latest.period then before.latest_period
        else coalesce(latest.period, before.latest_period) end as latest_period,
      case when before.latest_period >= latest.period then before.latest_variant
        else coalesce(latest.variant, before.latest_variant) end as latest_variant,
      coalesce(before.in_two_arms, false) or coalesce(mixed.is_mixed, false) as in_two_arms,
      coalesce(before.approval_n, 0) as old_approval_n, coalesce(before.approval_sum, 0) as old_approval_sum,
      coalesce(before.user_rating_n, 0) as old_user_rating_n, coalesce(before.user_rating_sum, 0) as old_user_rating_sum,
      coalesce(before.latency_ms_n, 0) as old_latency_ms_n, coalesce(before.latency_ms_sum, 0) as old_latency_ms_sum,
      coalesce(before.cost_usd_n, 0) as old_cost_usd_n, coalesce(before.cost_usd_sum, 0) as old_cost_usd_sum,
      coalesce(before.error_rate_n, 0) as old_error_rate_n, coalesce(before.error_rate_sum, 0) as old_error_rate_sum,
      coalesce(before.approval_n, 0) + coalesce(added.approval_n, 0) as approval_n,
      coalesce(before.approval_sum, 0) + coalesce(added.approval_sum, 0) as approval_sum,
      coalesce(before.user_rating_n, 0) + coalesce(added.user_rating_n, 0) as user_rating_n,
      coalesce(before.user_rating_sum, 0) + coalesce(added.user_rating_sum, 0) as user_rating_sum,
      coalesce(before.latency_ms_n, 0) + coalesce(added.latency_ms_n, 0) as latency_ms_n,
      coalesce(before.latency_ms_sum, 0) + coalesce(added.latency_ms_sum, 0) as latency_ms_sum,
      coalesce(before.cost_usd_n, 0) + coalesce(added.cost_usd_n, 0) as cost_usd_n,
      coalesce(before.cost_usd_sum, 0) + coalesce(added.cost_usd_sum, 0) as cost_usd_sum,
      coalesce(before.error_rate_n, 0) + coalesce(added.error_rate_n, 0) as error_rate_n,
      coalesce(before.error_rate_sum, 0) + coalesce(added.error_rate_sum, 0) as error_rate_sum
    from touched
    left join experiment_units as before using (team_id, experiment_id, unit)
    left join exposed using (team_id, experiment_id, unit)
    left join added using (team_id, experiment_id, unit)
    left join mixed using (team_id, experiment_id, unit)
    left join latest using (team_id, experiment_id, unit)
  ), stored as (
    insert into experiment_units (
      team_id, experiment_id, unit, variant, period, exposed_at, latest_period, latest_variant, in_two_arms, approval_n,
      approval_sum, user_rating_n, user_rating_sum, latency_ms_n, latency_ms_sum, cost_usd_n, cost_usd_sum,
      error_rate_n, error_rate_sum)
    select
      team_id, experiment_id, unit, variant, period, exposed_at, latest_period, latest_variant, in_two_arms, approval_n,
      approval_sum, user_rating_n, user_rating_sum, latency_ms_n, latency_ms_sum, cost_usd_n, cost_usd_sum,
      error_rate_n, error_rate_sum
    from changed
    on conflict (team_id, experiment_id, unit) do update set
      exposed_at = excluded.exposed_at, latest_period = excluded.latest_period, latest_variant = excluded.latest_variant,
      in_two_arms = excluded.in_two_arms,
      approval_n = excluded.approval_n, approval_sum = excluded.approval_sum,
      user_rating_n = excluded.user_rating_n, user_rating_sum = excluded.user_rating_sum,
      latency_ms_n = excluded.latency_ms_n, latency_ms_sum = excluded.latency_ms_sum,
      cost_usd_n = excluded.cost_usd_n, cost_usd_sum = excluded.cost_usd_sum,
      error_rate_n = excluded.error_rate_n, error_rate_sum = excluded.error_rate_sum
  ), counted as (
    insert into experiment_totals as known (team_id, experiment_id, period, variant, exposures, in_two_arms)
    select team_id, experiment_id, period, variant,
      count(*) filter (where not was_exposed), count(*) filter (where in_two_arms and not was_in_two_arms)
    from changed
    group by team_id, experiment_id, period, variant
    on conflict (team_id, experiment_id, period, variant) do update set
      exposures = known.exposures + excluded.exposures, in_two_arms = known.in_two_arms + excluded.in_two_arms
  ), contribution as (
    select team_id, experiment_id, period, variant, metric,
      (is_in::integer - was_in::integer) as units,
      case when is_in then sum / n else 0 end - case when was_in then old_sum / old_n else 0 end as total,
      case when is_in then (sum / n) ^ 2 else 0 end - case when was_in then (old_sum / old_n) ^ 2 else 0 end as squares
    from changed
    cross join lateral (values
      ('approval', old_approval_n, old_approval_sum, approval_n, approval_sum),
      ('user_rating', old_user_rating_n, old_user_rating_sum, user_rating_n, user_rating_sum),
      ('latency_ms', old_latency_ms_n, old_latency_ms_sum, latency_ms_n, latency_ms_sum),
      ('cost_usd', old_cost_usd_n, old_cost_usd_sum, cost_usd_n, cost_usd_sum),
      ('error_rate', old_error_rate_n, old_error_rate_sum, error_rate_n, error_rate_sum)
    ) as metrics(metric, old_n, old_sum, n, sum)
    cross join lateral (
      select was_exposed and not was_in_two_arms and old_n > 0, not in_two_arms and n > 0) as counts(was_in, is_in)
    where was_in or is_in
  )
  insert into experiment_metrics as known (
    team_id, experiment_id, period, variant, metric, units, total, total_squares)
  select team_id, experiment_id, period, variant, metric, sum(units), sum(total), sum(squares)
  from contribution
  group by team_id, experiment_id, period, variant, metric
  on conflict (team_id, experiment_id, period, variant, metric) do update set
    units = known.units + excluded.units, total = known.total + excluded.total,
    total_squares = known.total_squares + excluded.total_squares
$$;

-- The revision that callers know: before anything was live it is 0.
create function released_revision(pointer pointers) returns bigint
language sql immutable parallel safe
return case when pointer.version_id is null then 0 else pointer.revision end;

-- What a canary is measured against: what was live when it was begun or last resumed. Whoever resumes it has seen what is
-- live then.
create function canary_baseline(canary experiments) returns text
language sql stable parallel safe
return (
  select pointer_moves.version_id from pointer_moves
  where pointer_moves.team_id = canary.team_id and pointer_moves.prompt_id = canary.prompt_id
    and pointer_moves.environment = canary.environment
    and pointer_moves.revision < (
      select max(experiment_transitions.revision) from experiment_transitions
      where experiment_transitions.team_id = canary.team_id and experiment_transitions.experiment_id = canary.id
        and experiment_transitions.action in ('create', 'resume'))
  order by pointer_moves.revision desc
  limit 1);

-- The first period that is to be trusted: whoever resumes an experiment has looked at what was wrong before. A resumption
-- opens a period of its own.
create function trusted_period(experiment experiments) returns bigint
language sql stable parallel safe
return coalesce((
  select max(experiment_periods.period)
  from experiment_periods
  join experiment_transitions on experiment_transitions.team_id = experiment.team_id
    and experiment_transitions.experiment_id = experiment.id and experiment_transitions.action = 'resume'
    and experiment_transitions.at = experiment_periods.started_at
  where experiment_periods.team_id = experiment.team_id
    and experiment_periods.experiment_id = experiment.id), 1);

-- Whether its history has such an entry of the allocation period in force.
create function was_done_in_period(experiment experiments, done_action text) returns boolean
language sql stable parallel safe
return exists (
  select from experiment_transitions
  where experiment_transitions.team_id = experiment.team_id
    and experiment_transitions.experiment_id = experiment.id and experiment_transitions.action = done_action
    and experiment_transitions.at
      >= (allocation_period(experiment.team_id, experiment.id, experiment.period)).started_at);

-- The role of a key, or of what has taken its place; null if it is no longer in force.
create function role_in_force(of_team text, of_key text) returns text
language sql stable parallel safe
begin atomic
  with recursive successor as (
    select api_keys.* from api_keys where api_keys.team_id = of_team and api_keys.id = of_key
    union
    select api_keys.* from api_keys
    join successor on api_keys.team_id = of_team and api_keys.id = successor.replaced_by
  )
  select successor.role from successor
  where successor.replaced_by is null and successor.revoked_at is null
    and (successor.expires_at is null or successor.expires_at > now());
end;

-- What is known of an experiment at a moment: exposed units by arm, and what they were split by.
create function experiment_snapshot(experiment experiments) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'exposures', (
      select jsonb_agg(coalesce(counted.exposures, 0) order by experiment_arms.position)
      from experiment_arms
      left join lateral (
        select sum(experiment_totals.exposures)::bigint as exposures from experiment_totals
        where experiment_totals.team_id = experiment.team_id and experiment_totals.experiment_id = experiment.id
          and experiment_totals.variant = experiment_arms.name) as counted on true
      where experiment_arms.team_id = experiment.team_id and experiment_arms.experiment_id = experiment.id),
    'weights', allocation.weights,
    'coverage', allocation.coverage::double precision / 10000)
  from allocation_period(experiment.team_id, experiment.id, experiment.period) as allocation);

-- The entries of an object that another does not have.
create function entries_beyond(one jsonb, other jsonb) returns jsonb
language sql immutable parallel safe
return (
  select coalesce(jsonb_object_agg(entry.key, entry.value), '{}')
  from jsonb_each(one) as entry
  where other -> entry.key is distinct from entry.value);

-- What of an experiment's settings has changed: {"name": {"from", "to"}, …}; null if nothing has. Of forced units, which
-- may be a thousand, those that differ.
create function experiment_differences(
  before experiments, before_allocation experiment_periods, after experiments, after_allocation experiment_periods)
returns jsonb
language sql immutable parallel safe
return (
  select jsonb_object_agg(setting.name, jsonb_build_object('from', setting.old_value, 'to', setting.new_value))
  from (values
    ('name', to_jsonb(before.name), to_jsonb(after.name)),
    ('min_samples', to_jsonb(before.min_samples), to_jsonb(after.min_samples)),
    ('guardrails', before.guardrails, after.guardrails),
    ('forced', entries_beyond(before.forced, after.forced), entries_beyond(after.forced, before.forced)),
    ('traffic_weights', before_allocation.traffic_weights, after_allocation.traffic_weights),
    ('coverage', to_jsonb(before_allocation.coverage::double precision / 10000),
      to_jsonb(after_allocation.coverage::double precision / 10000))
  ) as setting(name, old_value, new_value)
  where setting.old_value <> setting.new_value);

-- Without its history, which may be long.
create or replace function experiment_summary(experiment experiments) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'id', experiment.id,
    'kind', experiment.kind,
    'prompt_id', experiment.prompt_id,
    'prompt_name', (
      select prompts.name from prompts
      where prompts.team_id = experiment.team_id and prompts.id = experiment.prompt_id),
    'environment', experiment.environment,
    'name', experiment.name,
    'status', experiment.status,
    'allocation_strategy', experiment.allocation_strategy,
    'coverage', allocation.coverage::double precision / 10000,
    'variants', experiment_variants(experiment, allocation),
    'primary_metric', experiment.primary_metric,
    'min_samples', experiment.min_samples,
    'guardrails', experiment.guardrails,
    'forced', experiment.forced,
    'salt', experiment.salt,
    'period', experiment.period,
    'period_started_at', rfc3339(allocation.started_at),
    'steps', experiment.steps,
    'step', experiment.step,
    'step_started_at', rfc3339(experiment.step_started_at),
    'winner_version_id', experiment.winner_version_id,
    'reason', experiment.reason,
    'all_killed', experiments_are_killed(experiment.team_id),
    'revision', (
      select max(experiment_transitions.revision) from experiment_transitions
      where experiment_transitions.team_id = experiment.team_id
        and experiment_transitions.experiment_id = experiment.id),
    'pointer_revision', (
      select released_revision(pointers) from pointers
      where pointers.team_id = experiment.team_id and pointers.prompt_id = experiment.prompt_id
        and pointers.environment = experiment.environment),
    'last_event_at', (
      select rfc3339(experiment_activity.last_event_at) from experiment_activity
      where experiment_activity.team_id = experiment.team_id
        and experiment_activity.experiment_id = experiment.id),
    'created_at', rfc3339(experiment.created_at),
    'created_by', experiment.created_by,
    'updated_at', rfc3339(experiment.updated_at),
    'ended_at', rfc3339(experiment.ended_at))
  from allocation_period(experiment.team_id, experiment.id, experiment.period) as allocation);

-- Takes a new revision for what a change of an experiment does at the edge, and records why. What a person changes is
-- recorded with what was known then; the schedule brings the numbers that it went by. It is in the audit log under its own
-- name, but for what a bandit does all day.
create or replace function record_experiment_change(
  experiment experiments, change_action text, change_reason text, change_numbers jsonb, actor jsonb) returns void
language plpgsql
as $$
declare
  taken bigint;
  numbers jsonb := change_numbers;
begin
  if actor is not null then
    numbers := experiment_snapshot(experiment) || coalesce(change_numbers, '{}');
  end if;
  update pointers set revision = nextval('revisions')
  where team_id = experiment.team_id and prompt_id = experiment.prompt_id and environment = experiment.environment
  returning revision into taken;
  insert into experiment_transitions (
    team_id, experiment_id, revision, action, status, step, reason, numbers, user_id)
  values (
    experiment.team_id, experiment.id, taken, change_action, experiment.status,
    case when experiment.kind = 'canary' then experiment.step end, change_reason, numbers, actor ->> 'user_id');
  if actor is not null or change_action <> 'reallocate' then
    insert into audit (team_id, actor, action, resource, detail)
    values (experiment.team_id, coalesce(actor, '{"name": "schedule"}'), experiment.kind || '.' || change_action, experiment.id, jsonb_build_object(
      'prompt_id', experiment.prompt_id, 'environment', experiment.environment, 'status', experiment.status,
      'period', experiment.period, 'reason', change_reason, 'revision', taken));
  end if;
end
$$;

-- Changes an experiment if it is as the caller believes: `allowed` statuses, and the expected period, step and revision
-- of the pointer where given. So two who decide the same at once change it once, and what was decided before somebody
-- moved the pointer is not done after it. Members that are absent leave things as they are; weights or a coverage other
-- than those in force open an allocation period, and so does whoever asks for one. `once_in_period` is for what changes
-- nothing and is recorded all the same. An actor of null is the schedule.
create or replace function change_experiment(of_team text, actor jsonb, of_experiment text, document jsonb) returns jsonb
language plpgsql
as $$
declare
  place experiments;
  pointer pointers;
  before experiments;
  after experiments;
  allocation experiment_periods;
  next_weights jsonb;
  next_coverage bigint;
  reallocates boolean;
  is_note boolean := coalesce((document ->> 'once_in_period')::boolean, false);
  numbers jsonb;
begin
  -- Which prompt never changes, so it is read before anything is locked.
  select * into place from experiments
  where team_id = of_team and id = of_experiment and kind = document ->> 'kind';
  if not found then
    return jsonb_build_object('not_found', document ->> 'kind');
  end if;
  perform from prompts where team_id = of_team and id = place.prompt_id for no key update;
  select * into pointer from pointers
  where team_id = of_team and prompt_id = place.prompt_id and environment = place.environment
  for no key update;
  select * into before from experiments where team_id = of_team and id = of_experiment for update;
  if not document -> 'allowed' ? before.status then
    if before.status = document ->> 'status' and before.ended_at is null then
      return jsonb_build_object('done', experiment_document(before));
    end if;
    return jsonb_build_object('conflict', format('it is %s', replace(before.status, '_', ' ')));
  end if;
  if before.period <> coalesce((document ->> 'expected_period')::bigint, before.period)
    or before.step <> coalesce((document ->> 'expected_step')::bigint, before.step)
  then
    return jsonb_build_object('conflict', 'it has changed meanwhile');
  end if;
  if (document ->> 'expected_pointer_revision')::bigint <> released_revision(pointer) then
    return jsonb_build_object('conflict', 'what is live has changed meanwhile');
  end if;
  if is_note and was_done_in_period(before, document ->> 'action') then
    return jsonb_build_object('conflict', 'it was said already');
  end if;
  if document ->> 'winner_version_id' is not null and not exists (
    select from experiment_arms
    where team_id = of_team and experiment_id = before.id and version_id = document ->> 'winner_version_id')
  then
    return jsonb_build_object('conflict', 'the winner is not a version of this experiment');
  end if;

  allocation := allocation_period(of_team, before.id, before.period);
  next_weights := coalesce(document -> 'weights', allocation.weights);
  next_coverage := coalesce((document ->> 'coverage')::bigint, allocation.coverage);
  reallocates := next_weights <> allocation.weights or next_coverage <> allocation.coverage
    or (document ->> 'opens_period')::boolean;
  if reallocates then
    insert into experiment_periods (team_id, experiment_id, period, weights, traffic_weights, coverage, reason)
    values (
      of_team, before.id, before.period + 1, next_weights,
      coalesce(document -> 'traffic_weights', allocation.traffic_weights), next_coverage, document ->> 'reason');
  end if;
  update experiments
  set
    status = coalesce(document ->> 'status', status),
    name = coalesce(document ->> 'name', name),
    min_samples = coalesce((document ->> 'min_samples')::bigint, min_samples),
    guardrails = coalesce(document -> 'guardrails', guardrails),
    forced = coalesce(document -> 'forced', forced),
    period = period + case when reallocates then 1 else 0 end,
    step = coalesce((document ->> 'step')::bigint, step),
    -- A step that was paused begins anew: nobody was to go on in that time.
    step_started_at = case
      when document ? 'step' or document ->> 'status' = 'running' then now() else step_started_at end,
    -- What was seen before a pause says nothing about the time after it.
    evidence_at = case when document ? 'status' then now() else evidence_at end,
    winner_version_id = coalesce(document ->> 'winner_version_id', winner_version_id),
    reason = case when document ? 'status' then document ->> 'reason' else reason end,
    updated_at = now(),
    ended_at = case when document ->> 'status' in ('stopped', 'completed', 'rolled_back') then now() end
  where team_id = of_team and id = before.id
  returning * into after;
  if to_jsonb(after) - 'updated_at' = to_jsonb(before) - 'updated_at' then
    if not is_note then
      return jsonb_build_object('done', experiment_document(before));
    end if;
  end if;
  numbers := document -> 'numbers';
  if actor is not null then
    numbers := coalesce(numbers, '{}') || jsonb_strip_nulls(jsonb_build_object(
      'changes', experiment_differences(before, allocation, after, allocation_period(of_team, after.id, after.period))));
  end if;
  perform record_experiment_change(after, document ->> 'action', document ->> 'reason', numbers, actor);
  return jsonb_build_object('done', experiment_document(after));
end
$$;

-- Turns a team's main switch, and gives every pointer that feels it a new revision. Turning it where it is changes
-- nothing.
create or replace function switch_experiments(of_team text, actor jsonb, kill boolean, switch_reason text) returns jsonb
language plpgsql
as $$
declare
  felt jsonb;
begin
  insert into experiment_switches (team_id, killed, changed_by) values (of_team, false, actor ->> 'user_id')
  on conflict do nothing;
  perform from experiment_switches where team_id = of_team for update;
  if experiments_are_killed(of_team) = kill then
    return jsonb_build_object('done', jsonb_build_object('killed', kill, 'changed', false, 'places', '[]'::jsonb));
  end if;
  perform from prompts
  where team_id = of_team and id in (
    select prompt_id from experiments where experiments.team_id = of_team and ended_at is null)
  order by id for no key update;
  update experiment_switches
  set killed = kill, reason = switch_reason, changed_at = now(), changed_by = actor ->> 'user_id'
  where team_id = of_team;
  -- Nobody could see anything of them while they were switched off, and no step lasted in that time.
  update experiments
  set evidence_at = now(), step_started_at = case when kill then step_started_at else now() end
  where team_id = of_team and ended_at is null;
  with bumped as (
    update pointers set revision = nextval('revisions')
    from experiments
    where pointers.team_id = of_team and experiments.team_id = of_team and experiments.ended_at is null
      and pointers.prompt_id = experiments.prompt_id and pointers.environment = experiments.environment
    returning pointers.prompt_id, pointers.environment
  )
  select coalesce(jsonb_agg(jsonb_build_object('prompt_id', prompt_id, 'environment', environment)), '[]') into felt
  from bumped;
  insert into audit (team_id, actor, action, resource, detail)
  values (
    of_team, actor, case when kill then 'experiments.kill_all' else 'experiments.resume_all' end, of_team,
    jsonb_build_object('reason', switch_reason, 'experiments', jsonb_array_length(felt)));
  return jsonb_build_object('done', jsonb_build_object('killed', kill, 'changed', true, 'places', felt));
end
$$;
