-- The operator sees all teams, any other team itself.
select jsonb_build_object(
  'id', teams.id, 'team_id', teams.id, 'name', teams.name, 'is_operator', teams.is_operator,
  'created_at', rfc3339(teams.created_at))
from teams
where (teams.id = $1 or exists (select from teams as own where own.id = $1 and own.is_operator))
  and ($2::text is null or teams.id > $2)
order by teams.id
limit $3
