select release_document(prompts, pointers)
from prompts
join pointers on pointers.team_id = $1 and pointers.prompt_id = prompts.id and pointers.environment = $3
where prompts.team_id = $1 and (prompts.id = $2 or prompts.name = $2)
