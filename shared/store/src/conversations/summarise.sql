-- Only forwards: of two that summarised at once, the one that has read more stays. Not audited: no person did it.
with summarised as (
  update conversations set
    summary = $3::jsonb ->> 'summary', summary_through = ($3::jsonb ->> 'through')::bigint,
    summary_model = $3::jsonb ->> 'model'
  where team_id = $1 and id = $2 and coalesce(summary_through, 0) < ($3::jsonb ->> 'through')::bigint
  returning id
)
select to_jsonb(exists (select from summarised))
