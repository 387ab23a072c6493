-- What is old goes as fast as it comes, and nobody waits for it: rows in one statement that may be repeated at once,
-- partitions in another, whose locks nothing else in its transaction holds up.

-- A conversation that is deleted takes what was said in it with it, wherever that was counted.
create index inferences_by_conversation on inferences (team_id, conversation_id) where conversation_id is not null;

-- Partitions from yesterday to a week ahead and for whatever waits in the default one; those older than the retention
-- are dropped. Safe to run at any time and as often as one likes; answers null when somebody else is at it.
create or replace function maintain_events(retention_days bigint) returns jsonb
language plpgsql
as $$
declare
  today date := (now() at time zone 'UTC')::date;
  oldest date := today - retention_days::integer;
  made integer := 0;
  dropped integer := 0;
  day date;
  partition text;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('maintain_events', 0)) then
    return null;
  end if;
  -- Better to come again in a minute than to hold up whoever writes.
  perform set_config('lock_timeout', '2s', true);

  delete from inferences_default where at < oldest::timestamp at time zone 'UTC';
  for day in
    select wanted from (
      select generate_series(today - 1, today + 7, interval '1 day')::date as wanted
      union
      (select distinct (at at time zone 'UTC')::date from inferences_default
        where at < (today + 30)::timestamp at time zone 'UTC' limit 40)
    ) as days
    where to_regclass('inferences_' || to_char(wanted, 'YYYYMMDD')) is null
    order by wanted
  loop
    perform make_inference_partition(day);
    made := made + 1;
  end loop;

  -- Last, because from here on nobody can write until the end.
  for partition in
    select inhrelid::regclass::text from pg_inherits
    where inhparent = 'inferences'::regclass and inhrelid::regclass::text ~ '^inferences_\d{8}$'
      and inhrelid::regclass::text < 'inferences_' || to_char(oldest, 'YYYYMMDD')
  loop
    execute format('drop table %I', partition);
    dropped := dropped + 1;
  end loop;
  return jsonb_build_object('partitions_made', made, 'partitions_dropped', dropped);
end
$$;

-- Series of which no cell is left. A batch that counts something in one of them holds the team's lock (ingest_events):
-- then it is left for another time.
create function forget_series(candidates bigint[]) returns integer
language plpgsql
as $$
declare
  of_team text;
  deleted integer;
  forgotten integer := 0;
begin
  for of_team in select distinct team_id from rollup_series where id = any(candidates) order by 1 loop
    continue when not pg_try_advisory_xact_lock(hashtextextended('events:' || of_team, 0));
    -- Shorter cells have gone before.
    delete from rollup_series
    where rollup_series.team_id = of_team and id = any(candidates) and not is_total and not exists (
      select from rollups
      where rollups.team_id = of_team and not rollups.is_total and rollups.resolution = 86400
        and rollups.series_id = rollup_series.id);
    get diagnostics deleted = row_count;
    forgotten := forgotten + deleted;
  end loop;
  return forgotten;
end
$$;

-- Deletes what is older than it is kept: ids for seven days; cells of 60, 900, 3,600 and 86,400 s for 35, 100, 400 and
-- 800 days, of a team's totals those of a day for ever, for counters must not fall. At most `most` of each; `is_done`
-- says whether that was all. Answers null when somebody else is at it.
create function prune_events(most bigint) returns jsonb
language plpgsql
as $$
declare
  forgotten bigint;
  pruned bigint;
  candidates bigint[];
  gone record;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('prune_events', 0)) then
    return null;
  end if;

  delete from event_ids where (team_id, id) in (
    select team_id, id from event_ids where seen_at < now() - interval '7 days' order by seen_at limit most);
  get diagnostics forgotten = row_count;

  with deleted as (
    delete from rollups where (team_id, is_total, resolution, bucket, series_id) in (
      select team_id, is_total, resolution, bucket, series_id from (
        select teams.id as team_id, is_total, resolution, age
        from teams
        cross join (values (true), (false)) as levels(is_total)
        cross join (values (60, 35), (900, 100), (3600, 400), (86400, 800)) as ages(resolution, age)
        where not (is_total and resolution = 86400)
      ) as kept
      join lateral (
        select rollups.bucket, rollups.series_id from rollups
        where rollups.team_id = kept.team_id and rollups.is_total = kept.is_total
          and rollups.resolution = kept.resolution
          and rollups.bucket < now() - make_interval(days => kept.age)
        limit most) as old on true
      limit most)
    returning resolution, series_id
  )
  select count(*), array_agg(distinct series_id) filter (where resolution = 86400) into pruned, candidates from deleted;

  -- What was on its way while its conversation was deleted.
  for gone in
    select audit.team_id, audit.resource from teams
    join audit on audit.team_id = teams.id
    where audit.at > now() - interval '1 hour' and audit.action = 'conversation.delete'
  loop
    update inferences set input = null, output = null, tools = null
    where team_id = gone.team_id and conversation_id = gone.resource and at > now() - interval '1 day'
      and (input is not null or output is not null or tools is not null);
  end loop;

  return jsonb_build_object(
    'ids_forgotten', forgotten, 'rollups_pruned', pruned, 'series_forgotten', coalesce(forget_series(candidates), 0),
    'is_done', forgotten < most and pruned < most);
end
$$;
