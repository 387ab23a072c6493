-- $2 is null for the schedule.
select change_experiment($1, $2, $3, $4)
