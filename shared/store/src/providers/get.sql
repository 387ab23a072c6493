select provider_document(providers)
from providers
where team_id = $1 and name = $2 and sealed_key is not null
