-- Stores a batch and counts it, once.
select ingest_events($1)
