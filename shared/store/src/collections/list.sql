select collection_document(collections)
from collections
where team_id = $1 and ($2::text is null or (name, id) > ($2, $3))
order by name, id
limit $4
