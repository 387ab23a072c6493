-- How long the audit log is kept: twelve months. Before that a row never changes and never goes, whoever asks.
create function refuse_change_within_year() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'DELETE' and old.at < now() - interval '12 months' then
    return old;
  end if;
  raise exception 'rows of % never change', tg_table_name using errcode = 'restrict_violation';
end
$$;

drop trigger audit_never_changes on audit;
create trigger audit_never_changes before update or delete on audit
  for each row execute function refuse_change_within_year();
