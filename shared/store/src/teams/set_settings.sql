-- What a team sets, beside whatever else is set. The log has the new values: they are the team's rules, and hold no
-- personal data.
with changed as (
  update teams set settings = settings || $3::jsonb where id = $1
  returning id, settings
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'team.settings', id, $3 from changed
)
select jsonb_build_object('done', settings) from changed
