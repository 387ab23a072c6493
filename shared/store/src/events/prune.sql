-- What is older than it is kept goes, at most so many rows of each kind. The audit log is kept for twelve months.
with forgotten as (
  delete from audit where (team_id, id) in (
    select old.team_id, old.id from teams
    cross join lateral (
      select audit.team_id, audit.id from audit
      where audit.team_id = teams.id and audit.at < now() - interval '12 months'
      order by audit.at limit 2000) as old
    limit 20000)
  returning 1
)
select prune_events($1) || jsonb_build_object('audit_forgotten', (select count(*) from forgotten))
