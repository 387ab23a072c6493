-- Without a team: a key is what tells it.
select jsonb_build_object(
  'key_id', api_keys.id,
  'key_name', api_keys.name,
  'team_id', api_keys.team_id,
  'team_name', teams.name,
  'is_operator', teams.is_operator,
  'user_id', api_keys.user_id,
  'user_name', users.name,
  'role', api_keys.role,
  'expires_at_ms', epoch_ms(api_keys.expires_at),
  'grace_until_ms', epoch_ms(api_keys.grace_until),
  'revoked', api_keys.revoked_at is not null,
  'chat_requests_per_hour', api_keys.chat_requests_per_hour)
from api_keys
join teams on teams.id = api_keys.team_id
join users on users.team_id = api_keys.team_id and users.id = api_keys.user_id
where api_keys.key_hash = $1
