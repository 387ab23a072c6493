-- One statement for six orders. It is planned with its parameters' values, so what does not apply falls away before
-- the planner looks for an index, and what is left is a range of one index.
select prompt_document(prompts, pointers_document(prompts.team_id, prompts.id))
from prompts
where team_id = $1
  and ($2::text is null or name ilike $2 or description ilike $2)
  and ($3::text is null or collection_id = $3)
  and ($4::text is null or tags @> array[$4])
  and ($5::boolean is null or (archived_at is not null) = $5)
  and ($8::text is null
    or ($6 = 'name' and $7 = 'asc' and (name, id) > ($8, $9))
    or ($6 = 'name' and $7 = 'desc' and (name, id) < ($8, $9))
    or ($6 = 'created_at' and $7 = 'asc' and (created_at, id) > ($8::timestamptz, $9))
    or ($6 = 'created_at' and $7 = 'desc' and (created_at, id) < ($8::timestamptz, $9))
    or ($6 = 'updated_at' and $7 = 'asc' and (updated_at, id) > ($8::timestamptz, $9))
    or ($6 = 'updated_at' and $7 = 'desc' and (updated_at, id) < ($8::timestamptz, $9)))
order by
  case when $6 = 'name' and $7 = 'asc' then name end,
  case when $6 = 'name' and $7 = 'desc' then name end desc,
  case when $6 = 'created_at' and $7 = 'asc' then created_at end,
  case when $6 = 'created_at' and $7 = 'desc' then created_at end desc,
  case when $6 = 'updated_at' and $7 = 'asc' then updated_at end,
  case when $6 = 'updated_at' and $7 = 'desc' then updated_at end desc,
  case when $7 = 'asc' then id end,
  case when $7 = 'desc' then id end desc
limit $10
