select api_key_document(api_keys, users.name)
from api_keys
join users on users.team_id = api_keys.team_id and users.id = api_keys.user_id
where api_keys.team_id = $1
  and ($2::text is null or (api_keys.created_at, api_keys.id) < ($2::timestamptz, $3))
order by api_keys.created_at desc, api_keys.id desc
limit $4
