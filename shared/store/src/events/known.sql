-- Which of these ids the team has used within seven days.
select to_jsonb(event_ids.id)
from jsonb_array_elements_text($2) as given(id)
join event_ids on event_ids.team_id = $1 and event_ids.id = given.id
