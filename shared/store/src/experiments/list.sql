-- $2 kind, $3 status, $4 prompt, $5 and $6 where the page begins.
select experiment_summary(experiments)
from experiments
where experiments.team_id = $1 and experiments.kind = $2
  and ($3::text is null or experiments.status = $3)
  and ($4::text is null or experiments.prompt_id = (
    select prompts.id from prompts where prompts.team_id = $1 and (prompts.id = $4 or prompts.name = $4)))
  and ($5::text is null or (experiments.created_at, experiments.id) < ($5::timestamptz, $6))
order by experiments.created_at desc, experiments.id desc
limit $7
