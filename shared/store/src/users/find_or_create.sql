-- The update that changes nothing makes the row come back; xmax tells a new row from one that was there.
with found as (
  insert into users (team_id, id, name) values ($1, $3, $4)
  on conflict (team_id, name) do update set name = excluded.name
  returning id, name, created_at, xmax = 0 as is_new
), audited as (
  insert into audit (team_id, actor, action, resource, detail)
  select $1, $2, 'user.create', id, jsonb_build_object('name', name) from found where is_new
)
select jsonb_build_object('done', jsonb_build_object(
  'id', id, 'user_id', id, 'name', name, 'created_at', rfc3339(created_at)))
from found
