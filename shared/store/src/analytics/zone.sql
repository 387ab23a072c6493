-- Whether the database knows a time zone of this name.
select to_jsonb(exists (select from pg_timezone_names where name = $1))
