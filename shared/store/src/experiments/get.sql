select experiment_document(experiments) from experiments where team_id = $1 and kind = $2 and id = $3
