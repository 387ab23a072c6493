-- What a call of a model needs, keys still sealed, and how new it is. A team without providers has revision 0.
select jsonb_build_object(
  'revision', coalesce(max(revision), 0),
  'providers', coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', name, 'sealed_key', sealed_key, 'encryption_key_id', encryption_key_id, 'base_url', base_url)
      order by name) filter (where sealed_key is not null),
    '[]'))
from providers
where team_id = $1
