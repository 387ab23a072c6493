select collection_document(collections) from collections where team_id = $1 and id = $2
