-- Conversations by the time they were started, after a position. The columns are those of `Table::columns`.
select jsonb_build_array(
  id, title, user_id, prompt_id, message_count, rfc3339(created_at), created_by, rfc3339(updated_at)
) from (
  select id, title, user_id, prompt_id, message_count, created_at, created_by, updated_at
  from conversations
  where team_id = $1
    and ($2 is null or conversations.created_at >= to_timestamp($2 / 1000.0))
    and ($3 is null or conversations.created_at < to_timestamp($3 / 1000.0))
    and ($4 is null or (conversations.created_at, conversations.id) > ($4::timestamptz, $5))
  order by conversations.created_at, conversations.id
  limit $6
) as page
