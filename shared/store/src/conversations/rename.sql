with renamed as (
  update conversations set title = $4
  where team_id = $1 and id = $3
  returning id, conversation_document(conversations) as document
), audited as (
  insert into audit (team_id, actor, action, resource)
  select $1, $2, 'conversation.rename', id from renamed
)
select coalesce(
  (select jsonb_build_object('done', document) from renamed),
  jsonb_build_object('not_found', 'conversation'))
