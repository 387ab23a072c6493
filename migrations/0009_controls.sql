-- A canary's control follows the pointer while it runs. What it was compared with stays on record: it is read from the
-- pointer's moves, which never change.

-- The version that a canary was compared with just before `at_revision`: the last one that was live then and is not its
-- own, because the canary's completion moves the pointer first.
create function canary_control(canary experiments, at_revision bigint) returns text
language sql stable parallel safe
return (
  select pointer_moves.version_id from pointer_moves
  where pointer_moves.team_id = canary.team_id and pointer_moves.prompt_id = canary.prompt_id
    and pointer_moves.environment = canary.environment and pointer_moves.revision < at_revision
    and pointer_moves.version_id <> (
      select experiment_arms.version_id from experiment_arms
      where experiment_arms.team_id = canary.team_id and experiment_arms.experiment_id = canary.id
        and experiment_arms.position = 1)
  order by pointer_moves.revision desc
  limit 1);

create or replace function experiment_variants(experiment experiments, allocation experiment_periods) returns jsonb
language sql stable parallel safe
return (
  select jsonb_agg(jsonb_build_object(
    'name', experiment_arms.name,
    'version_id', versions.id,
    'version_number', versions.number,
    'traffic_weight', allocation.traffic_weights -> experiment_arms.position::integer,
    'weight', (allocation.weights ->> experiment_arms.position::integer)::double precision / 10000
  ) order by experiment_arms.position)
  from experiment_arms
  left join pointers on pointers.team_id = experiment.team_id and pointers.prompt_id = experiment.prompt_id
    and pointers.environment = experiment.environment
  left join versions on versions.team_id = experiment.team_id
    and versions.id = case
      when experiment_arms.version_id is not null then experiment_arms.version_id
      when experiment.ended_at is null then pointers.version_id
      -- Nothing follows its last transition.
      else canary_control(experiment, (
        select max(experiment_transitions.revision) from experiment_transitions
        where experiment_transitions.team_id = experiment.team_id
          and experiment_transitions.experiment_id = experiment.id))
    end
  where experiment_arms.team_id = experiment.team_id and experiment_arms.experiment_id = experiment.id);

-- A canary's transitions say what it was compared with until then.
create or replace function experiment_history(experiment experiments) returns jsonb
language sql stable parallel safe
return (
  select coalesce(jsonb_agg(jsonb_build_object(
    'action', transition.action,
    'status', transition.status,
    'state', transition.status,
    'step', transition.step,
    'reason', transition.reason,
    'numbers', transition.numbers,
    'revision', transition.revision,
    'at', rfc3339(transition.at),
    'user_id', transition.user_id,
    'control_version_id', controls.id,
    'control_version_number', controls.number
  ) order by transition.revision), '[]')
  from experiment_transitions as transition
  left join versions as controls on experiment.kind = 'canary' and controls.team_id = experiment.team_id
    and controls.id = canary_control(experiment, transition.revision)
  where transition.team_id = experiment.team_id and transition.experiment_id = experiment.id);
