-- One row for each reference, in their order; null where there is no such prompt.
select case when prompts.id is not null then release_document(prompts, pointers) end
from jsonb_array_elements_text($2) with ordinality as wanted (reference, position)
left join prompts
  on prompts.team_id = $1 and (prompts.id = wanted.reference or prompts.name = wanted.reference)
left join pointers
  on pointers.team_id = $1 and pointers.prompt_id = prompts.id and pointers.environment = $3
order by wanted.position
