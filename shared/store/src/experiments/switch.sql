select switch_experiments($1, $2, $3, $4)
