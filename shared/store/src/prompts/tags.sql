-- The prompts of a team are few enough to look at all of them: an index by tag knows no teams.
select jsonb_build_object('tag', tag, 'prompts', count(*))
from prompts, unnest(tags) as tag
where team_id = $1
  and ($2::boolean is null or (archived_at is not null) = $2)
  and ($3::text is null or tag collate "C" > $3)
group by tag
order by tag collate "C"
limit $4
