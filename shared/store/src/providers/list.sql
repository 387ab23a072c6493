select provider_document(providers)
from providers
where team_id = $1 and sealed_key is not null and ($2::text is null or name > $2)
order by name
limit $3
