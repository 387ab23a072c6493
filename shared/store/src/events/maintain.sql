-- Partitions ahead; what is older than its retention goes.
select maintain_events($1)
