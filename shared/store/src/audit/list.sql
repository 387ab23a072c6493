-- $3 is a user, by id or by name, a key, or the schedule, which has no more than a name; $4 and $5 are milliseconds since
-- the Unix epoch, the end not included.
select jsonb_build_object(
  'id', audit.id,
  'at', rfc3339(audit.at),
  'action', audit.action,
  'resource', audit.resource,
  'user_id', audit.user_id,
  'user_name', coalesce(users.name, audit.actor ->> 'name'),
  'key_id', audit.actor ->> 'key_id',
  'key_name', api_keys.name,
  'request_id', audit.actor ->> 'request_id',
  'detail', audit.detail)
from audit
left join users on users.team_id = $1 and users.id = audit.user_id
left join api_keys on api_keys.team_id = $1 and api_keys.id = audit.actor ->> 'key_id'
where audit.team_id = $1
  and ($2::text is null or audit.resource = $2)
  and ($3::text is null
    or audit.user_id = coalesce((select named.id from users as named where named.team_id = $1 and named.name = $3), $3)
    or audit.actor ->> 'key_id' = $3 or audit.actor ->> 'name' = $3)
  and ($4::bigint is null or audit.at >= to_timestamp($4 / 1000.0))
  and ($5::bigint is null or audit.at < to_timestamp($5 / 1000.0))
  and ($6::text is null or (audit.at, audit.id) < ($6::timestamptz, $7))
order by audit.at desc, audit.id desc
limit $8
