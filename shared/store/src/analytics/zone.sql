-- Whether a time zone's offset is a number of hours; no row if the database knows none of this name.
select to_jsonb(extract(epoch from utc_offset) % 3600 = 0) from pg_timezone_names where name = $1
