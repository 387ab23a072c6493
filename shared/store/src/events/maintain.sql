-- Partitions ahead; those older than the retention go.
select maintain_events($1)
