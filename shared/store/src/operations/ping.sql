-- Says that the database answers and is migrated.
select to_jsonb(exists (select 1 from teams))
