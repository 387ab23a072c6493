select create_experiment($1, $2, $3, $4)
