select prompt_document(prompts, pointers_document(prompts.team_id, prompts.id))
from prompts
where prompts.team_id = $1 and (prompts.id = $2 or prompts.name = $2)
