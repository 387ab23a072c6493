-- Before it is turned for the first time a team has no row.
select jsonb_build_object(
  'killed', experiments_are_killed($1),
  'reason', experiment_switches.reason,
  'changed_at', rfc3339(experiment_switches.changed_at),
  'changed_by', experiment_switches.changed_by,
  'experiments', (select count(*) from experiments where team_id = $1 and ended_at is null))
from (values (true)) as always
left join experiment_switches on experiment_switches.team_id = $1
