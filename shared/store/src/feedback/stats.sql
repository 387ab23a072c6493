-- Everything, by prompt, by version, and by the arm of an experiment.
with chosen as (
  select * from feedback
  where team_id = $1
    and ($2::text is null or prompt_id = (
      select prompts.id from prompts where prompts.team_id = $1 and (prompts.id = $2 or prompts.name = $2)))
    and ($3::text is null or experiment_id = $3)
    and ($4::bigint is null or updated_at >= to_timestamp($4 / 1000.0))
    and ($5::bigint is null or updated_at < to_timestamp($5 / 1000.0))
), counted as (
  select
    grouping(prompt_id, version_id, experiment_id, variant) as level, prompt_id, version_id, experiment_id, variant,
    count(*) as count,
    count(*) filter (where scale = 'thumbs' and rating = 1) as positive,
    count(*) filter (where scale = 'thumbs' and rating = -1) as negative,
    jsonb_build_array(
      count(*) filter (where scale = 'stars' and rating = 1),
      count(*) filter (where scale = 'stars' and rating = 2),
      count(*) filter (where scale = 'stars' and rating = 3),
      count(*) filter (where scale = 'stars' and rating = 4),
      count(*) filter (where scale = 'stars' and rating = 5)) as stars
  from chosen
  group by grouping sets ((), (prompt_id), (prompt_id, version_id), (experiment_id, variant))
)
select jsonb_build_object(
  'group', case counted.level when 15 then 'all' when 7 then 'prompt' when 3 then 'version' else 'variant' end,
  'prompt_id', counted.prompt_id,
  'prompt_name', prompts.name,
  'version_id', counted.version_id,
  'version_number', versions.number,
  'experiment_id', counted.experiment_id,
  'variant', counted.variant,
  'count', counted.count,
  'positive', counted.positive,
  'negative', counted.negative,
  'stars', counted.stars)
from counted
left join prompts on prompts.team_id = $1 and prompts.id = counted.prompt_id
left join versions on versions.team_id = $1 and versions.id = counted.version_id
where counted.level = 15
  or counted.level = 7 and counted.prompt_id is not null
  or counted.level = 3 and counted.version_id is not null
  or counted.level = 12 and counted.experiment_id is not null
order by counted.level desc, prompts.name, versions.number, counted.experiment_id, counted.variant
