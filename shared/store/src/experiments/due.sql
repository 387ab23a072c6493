-- In all teams, if $1 is null. What people have killed waits for people.
select jsonb_build_object('team_id', team_id, 'id', id)
from experiments
where ended_at is null and ($1::text is null or team_id = $1)
  and (kind = 'canary' or status = 'active')
  and not experiments_are_killed(team_id)
order by team_id, id
