-- Experiments and canaries. A canary is an experiment of two arms whose weights follow its steps, so both are rows of
-- one table, and one index says that a pointer has at most one of either.

create table experiments (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  kind text collate "C" not null check (kind in ('experiment', 'canary')),
  prompt_id text collate "C" not null,
  environment text collate "C" not null,
  name text not null default '',
  status text collate "C" not null,
  -- What makes its hashes its own.
  salt text collate "C" not null,
  allocation_strategy text collate "C" not null check (allocation_strategy in ('fixed_split', 'thompson_sampling')),
  primary_metric text collate "C",
  -- Units with a value that every arm needs before a verdict.
  min_samples bigint not null default 0,
  guardrails jsonb not null default '[]',
  forced jsonb not null default '{}',
  -- The allocation period in force: the newest row of experiment_periods.
  period bigint not null default 1,
  -- Of a canary: what it goes through, and where it is, counted from 0.
  steps jsonb not null default '[]',
  step bigint not null default 0,
  step_started_at timestamptz(3) not null default now(),
  -- What the schedule last saw of its events, and when that last changed.
  evidence text,
  evidence_at timestamptz(3) not null default now(),
  winner_version_id text collate "C",
  -- In words: why it is paused, killed or over.
  reason text,
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  -- Who made it, as the audit log has it: what its schedule does to the pointer is done in their name.
  created_actor jsonb not null,
  updated_at timestamptz(3) not null default now(),
  ended_at timestamptz(3),
  primary key (team_id, id),
  foreign key (team_id, prompt_id, environment) references pointers,
  foreign key (team_id, prompt_id, winner_version_id) references versions (team_id, prompt_id, id),
  check (status in ('active', 'paused', 'killed', 'stopped') and kind = 'experiment'
    or status in ('running', 'paused', 'completed', 'rolled_back') and kind = 'canary'),
  check ((ended_at is not null) = (status in ('stopped', 'completed', 'rolled_back')))
);

create unique index experiments_one_at_a_time on experiments (team_id, prompt_id, environment) where ended_at is null;
create index experiments_by_age on experiments (team_id, created_at, id);
create index experiments_by_prompt on experiments (team_id, prompt_id, created_at, id);
-- The schedule looks for these in every team.
create index experiments_open on experiments (team_id, id) where ended_at is null;

create table experiment_arms (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  -- 0 is the control.
  position bigint not null,
  name text collate "C" not null,
  prompt_id text collate "C" not null,
  -- Null is what the pointer says: a canary's control.
  version_id text collate "C",
  primary key (team_id, experiment_id, position),
  unique (team_id, experiment_id, name),
  foreign key (team_id, experiment_id) references experiments,
  foreign key (team_id, prompt_id, version_id) references versions (team_id, prompt_id, id)
);

create trigger experiment_arms_never_change before update or delete on experiment_arms
  for each row execute function refuse_change();

-- Weights and coverage in force from started_at until the next period. Exposures belong to one, and so does all that
-- is learned from them.
create table experiment_periods (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  period bigint not null,
  -- Basis points, by position.
  weights jsonb not null,
  -- The same as the caller gave them, in whatever unit.
  traffic_weights jsonb not null,
  -- Basis points of all units.
  coverage bigint not null check (coverage between 0 and 10000),
  reason text,
  started_at timestamptz(3) not null default now(),
  primary key (team_id, experiment_id, period),
  foreign key (team_id, experiment_id) references experiments
);

create trigger experiment_periods_never_change before update or delete on experiment_periods
  for each row execute function refuse_change();

-- What became of it, with the numbers that decided it. Ordered by the revision that each took.
create table experiment_transitions (
  team_id text collate "C" not null,
  experiment_id text collate "C" not null,
  revision bigint not null,
  action text collate "C" not null,
  status text collate "C" not null,
  step bigint,
  reason text,
  numbers jsonb,
  at timestamptz(3) not null default now(),
  -- Null is the schedule.
  user_id text collate "C",
  primary key (team_id, experiment_id, revision),
  foreign key (team_id, experiment_id) references experiments
);

create trigger experiment_transitions_never_change before update or delete on experiment_transitions
  for each row execute function refuse_change();

-- A team's main switch. Absent is off.
create table experiment_switches (
  team_id text collate "C" primary key references teams,
  killed boolean not null,
  reason text,
  changed_at timestamptz(3) not null default now(),
  changed_by text collate "C" not null
);

create function experiments_are_killed(of_team text) returns boolean
language sql stable parallel safe
return coalesce((select killed from experiment_switches where team_id = of_team), false);

create function allocation_period(of_team text, of_experiment text, of_period bigint) returns experiment_periods
language sql stable parallel safe
return (
  select experiment_periods from experiment_periods
  where team_id = of_team and experiment_id = of_experiment and period = of_period);

-- The arms as callers see them, with their weights.
create function experiment_variants(experiment experiments, allocation experiment_periods) returns jsonb
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
    and versions.id = coalesce(experiment_arms.version_id, pointers.version_id)
  where experiment_arms.team_id = experiment.team_id and experiment_arms.experiment_id = experiment.id);

create function experiment_history(experiment experiments) returns jsonb
language sql stable parallel safe
return (
  select coalesce(jsonb_agg(jsonb_build_object(
    'action', experiment_transitions.action,
    'status', experiment_transitions.status,
    'state', experiment_transitions.status,
    'step', experiment_transitions.step,
    'reason', experiment_transitions.reason,
    'numbers', experiment_transitions.numbers,
    'revision', experiment_transitions.revision,
    'at', rfc3339(experiment_transitions.at),
    'user_id', experiment_transitions.user_id
  ) order by experiment_transitions.revision), '[]')
  from experiment_transitions
  where experiment_transitions.team_id = experiment.team_id
    and experiment_transitions.experiment_id = experiment.id);

-- Without its history, which may be long.
create function experiment_summary(experiment experiments) returns jsonb
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
    'created_at', rfc3339(experiment.created_at),
    'created_by', experiment.created_by,
    'updated_at', rfc3339(experiment.updated_at),
    'ended_at', rfc3339(experiment.ended_at))
  from allocation_period(experiment.team_id, experiment.id, experiment.period) as allocation);

create function experiment_document(experiment experiments) returns jsonb
language sql stable parallel safe
return experiment_summary(experiment) || jsonb_build_object('history', experiment_history(experiment));

-- The part of a release that assigns. Arms carry their versions; a canary's control has none, because it is the
-- release's own.
create function released_experiment(experiment experiments) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'experiment_id', experiment.id,
    'salt', experiment.salt,
    'coverage', allocation.coverage,
    'period', experiment.period,
    'forced', experiment.forced,
    'killed', experiment.status = 'killed',
    'paused', experiment.status = 'paused',
    'arms', (
      select jsonb_agg(jsonb_build_object(
        'name', experiment_arms.name,
        'weight', allocation.weights -> experiment_arms.position::integer,
        'version', case when versions.id is not null then released_version(versions) end
      ) order by experiment_arms.position)
      from experiment_arms
      left join versions on versions.team_id = experiment.team_id and versions.id = experiment_arms.version_id
      where experiment_arms.team_id = experiment.team_id and experiment_arms.experiment_id = experiment.id))
  from allocation_period(experiment.team_id, experiment.id, experiment.period) as allocation);

create function released_experiment_at(pointer pointers, of_kind text) returns jsonb
language sql stable parallel safe
return (
  select released_experiment(experiments) from experiments
  where experiments.team_id = pointer.team_id and experiments.prompt_id = pointer.prompt_id
    and experiments.environment = pointer.environment and experiments.ended_at is null
    and experiments.kind = of_kind);

create or replace function release_document(prompt prompts, pointer pointers) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'prompt_id', prompt.id,
  'name', prompt.name,
  'environment', pointer.environment,
  'revision', pointer.revision,
  'archived', prompt.archived_at is not null,
  'version', (
    select released_version(versions) from versions
    where versions.team_id = pointer.team_id and versions.id = pointer.version_id),
  'experiment', released_experiment_at(pointer, 'experiment'),
  'canary', released_experiment_at(pointer, 'canary'),
  'killed', experiments_are_killed(pointer.team_id));

-- Takes a new revision for what a change of an experiment does at the edge, and records why.
create function record_experiment_change(
  experiment experiments, change_action text, change_reason text, change_numbers jsonb, actor jsonb) returns void
language plpgsql
as $$
declare
  taken bigint;
begin
  update pointers set revision = nextval('revisions')
  where team_id = experiment.team_id and prompt_id = experiment.prompt_id and environment = experiment.environment
  returning revision into taken;
  insert into experiment_transitions (
    team_id, experiment_id, revision, action, status, step, reason, numbers, user_id)
  values (
    experiment.team_id, experiment.id, taken, change_action, experiment.status,
    case when experiment.kind = 'canary' then experiment.step end, change_reason, change_numbers, actor ->> 'user_id');
  if actor is not null then
    insert into audit (team_id, actor, action, resource, detail)
    values (experiment.team_id, actor, experiment.kind || '.' || change_action, experiment.id, jsonb_build_object(
      'prompt_id', experiment.prompt_id, 'environment', experiment.environment, 'status', experiment.status,
      'period', experiment.period, 'reason', change_reason, 'revision', taken));
  end if;
end
$$;

-- In a function, because what follows a lock must see what the wait for it has changed. The caller has checked the
-- document: weights are basis points by position, steps and guardrails are as the API shows them.
create function create_experiment(of_team text, actor jsonb, reference text, document jsonb) returns jsonb
language plpgsql
as $$
declare
  prompt prompts;
  pointer pointers;
  present experiments;
  made experiments;
begin
  select * into prompt from prompts
  where prompts.team_id = of_team and (prompts.id = reference or prompts.name = reference)
  for no key update;
  if not found then
    return jsonb_build_object('not_found', 'prompt');
  end if;
  select * into pointer from pointers
  where pointers.team_id = of_team and pointers.prompt_id = prompt.id
    and pointers.environment = document ->> 'environment'
  for no key update;
  if prompt.archived_at is not null then
    return jsonb_build_object('conflict', 'the prompt is archived: restore it first');
  end if;
  if exists (
    select from jsonb_array_elements(document -> 'arms') as arm
    where arm ->> 'version_id' is not null and not exists (
      select from versions
      where versions.team_id = of_team and versions.prompt_id = prompt.id and versions.id = arm ->> 'version_id'))
  then
    return jsonb_build_object('not_found', 'version');
  end if;
  if document ->> 'kind' = 'canary' and pointer.version_id is null then
    return jsonb_build_object('conflict', 'nothing is live here that a canary could be compared with: promote first');
  end if;
  if document ->> 'kind' = 'canary' and pointer.version_id = document -> 'arms' -> 1 ->> 'version_id' then
    return jsonb_build_object('conflict', 'the version is live here already');
  end if;
  select * into present from experiments
  where team_id = of_team and prompt_id = prompt.id and environment = pointer.environment and ended_at is null
  for update;
  if found and present.status <> 'killed' then
    return jsonb_build_object('conflict', format('%s runs on this prompt here: end it first', present.id));
  end if;
  if found then
    update experiments
    set status = 'stopped', ended_at = now(), updated_at = now(), reason = 'another took its place'
    where team_id = of_team and id = present.id
    returning * into present;
    perform record_experiment_change(present, 'stop', present.reason, null, actor);
  end if;

  insert into experiments (
    team_id, id, kind, prompt_id, environment, name, status, salt, allocation_strategy, primary_metric, min_samples,
    guardrails, forced, steps, created_by, created_actor)
  values (
    of_team, document ->> 'id', document ->> 'kind', prompt.id, pointer.environment, document ->> 'name',
    case document ->> 'kind' when 'canary' then 'running' else 'active' end, document ->> 'id',
    document ->> 'allocation_strategy', document ->> 'primary_metric', (document ->> 'min_samples')::bigint,
    document -> 'guardrails', document -> 'forced', document -> 'steps', actor ->> 'user_id', actor)
  returning * into made;
  insert into experiment_arms (team_id, experiment_id, position, name, prompt_id, version_id)
  select of_team, made.id, position - 1, arm ->> 'name', prompt.id, arm ->> 'version_id'
  from jsonb_array_elements(document -> 'arms') with ordinality as arms (arm, position);
  insert into experiment_periods (team_id, experiment_id, period, weights, traffic_weights, coverage, reason)
  values (
    of_team, made.id, 1, document -> 'weights', document -> 'traffic_weights', (document ->> 'coverage')::bigint,
    'created');
  perform record_experiment_change(made, 'create', null, null, actor);
  return jsonb_build_object('done', experiment_document(made));
end
$$;

-- Changes an experiment if it is as the caller believes: `allowed` statuses, and the expected period and step where
-- given. So two who decide the same at once change it once. Members that are absent leave things as they are; weights
-- or a coverage other than those in force open an allocation period, and so does whoever asks for one. An actor of null
-- is the schedule.
create function change_experiment(of_team text, actor jsonb, of_experiment text, document jsonb) returns jsonb
language plpgsql
as $$
declare
  place experiments;
  before experiments;
  after experiments;
  allocation experiment_periods;
  next_weights jsonb;
  next_coverage bigint;
  reallocates boolean;
begin
  -- Which prompt never changes, so it is read before anything is locked.
  select * into place from experiments
  where team_id = of_team and id = of_experiment and kind = document ->> 'kind';
  if not found then
    return jsonb_build_object('not_found', document ->> 'kind');
  end if;
  perform from prompts where team_id = of_team and id = place.prompt_id for no key update;
  perform from pointers
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
    step_started_at = case when document ? 'step' then now() else step_started_at end,
    -- What was seen before a pause says nothing about the time after it.
    evidence_at = case when document ? 'status' then now() else evidence_at end,
    winner_version_id = coalesce(document ->> 'winner_version_id', winner_version_id),
    reason = case when document ? 'status' then document ->> 'reason' else reason end,
    updated_at = now(),
    ended_at = case when document ->> 'status' in ('stopped', 'completed', 'rolled_back') then now() end
  where team_id = of_team and id = before.id
  returning * into after;
  if to_jsonb(after) - 'updated_at' = to_jsonb(before) - 'updated_at' then
    return jsonb_build_object('done', experiment_document(before));
  end if;
  perform record_experiment_change(
    after, document ->> 'action', document ->> 'reason', document -> 'numbers', actor);
  return jsonb_build_object('done', experiment_document(after));
end
$$;

-- Turns a team's main switch, and gives every pointer that feels it a new revision. Turning it where it is changes
-- nothing.
create function switch_experiments(of_team text, actor jsonb, kill boolean, switch_reason text) returns jsonb
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
  -- Nobody could see anything of them while they were switched off.
  update experiments set evidence_at = now() where team_id = of_team and ended_at is null;
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
