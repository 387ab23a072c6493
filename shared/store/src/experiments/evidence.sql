-- As many rows as arms, periods and metrics, however many events there were.
select jsonb_build_object(
  'experiment', experiment_summary(experiments),
  'periods', (
    select jsonb_agg(jsonb_build_object(
      'period', experiment_periods.period,
      'weights', experiment_periods.weights,
      'coverage', experiment_periods.coverage,
      'reason', experiment_periods.reason,
      'started_at', rfc3339(experiment_periods.started_at)) order by experiment_periods.period)
    from experiment_periods
    where experiment_periods.team_id = $1 and experiment_periods.experiment_id = experiments.id),
  'totals', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'period', experiment_totals.period,
      'variant', experiment_totals.variant,
      'exposures', experiment_totals.exposures,
      'in_two_arms', experiment_totals.in_two_arms)), '[]')
    from experiment_totals
    where experiment_totals.team_id = $1 and experiment_totals.experiment_id = experiments.id),
  'metrics', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'period', experiment_metrics.period,
      'variant', experiment_metrics.variant,
      'metric', experiment_metrics.metric,
      'units', experiment_metrics.units,
      'total', experiment_metrics.total,
      'total_squares', experiment_metrics.total_squares)), '[]')
    from experiment_metrics
    where experiment_metrics.team_id = $1 and experiment_metrics.experiment_id = experiments.id),
  'now_ms', epoch_ms(now()),
  'period_started_ms', epoch_ms((allocation_period($1, experiments.id, experiments.period)).started_at),
  'step_started_ms', epoch_ms(experiments.step_started_at),
  'last_news_ms', epoch_ms(greatest(experiments.evidence_at, (
    select experiment_activity.last_event_at from experiment_activity
    where experiment_activity.team_id = $1 and experiment_activity.experiment_id = experiments.id))),
  'trusted_from', trusted_period(experiments),
  'is_alarmed', was_done_in_period(experiments, 'alarm'),
  'live', (
    select case
      when experiments.kind = 'experiment' then 'control'
      when pointers.version_id = experiment_arms.version_id then 'canary'
      when pointers.version_id = canary_baseline(experiments) then 'control'
      else 'other' end
    from pointers
    join experiment_arms on experiment_arms.team_id = $1 and experiment_arms.experiment_id = experiments.id
      and experiment_arms.position = 1
    where pointers.team_id = $1 and pointers.prompt_id = experiments.prompt_id
      and pointers.environment = experiments.environment),
  'created_actor', experiments.created_actor,
  'creator_role', role_in_force($1, experiments.created_actor ->> 'key_id'))
from experiments
where experiments.team_id = $1 and experiments.id = $2
