-- Collections, prompts, their versions and the pointers to what is live.

create table collections (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  name text collate "C" not null,
  description text not null default '',
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  updated_by text collate "C" not null,
  primary key (team_id, id),
  unique (team_id, name)
);

create table prompts (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  -- A reference is an id or a name: a name that could be an id would be both.
  name text collate "C" not null constraint prompts_name_is_no_id check (name !~ '^prm_[0-9a-z]{26}$'),
  description text not null default '',
  collection_id text collate "C",
  tags text[] not null default '{}',
  -- Counted here, so that numbers are consecutive: whoever adds a version holds this row.
  latest_version_number bigint not null default 0,
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  updated_by text collate "C" not null,
  archived_at timestamptz(3),
  primary key (team_id, id),
  -- Archived prompts keep their names, or restoring one could fail.
  unique (team_id, name),
  foreign key (team_id, collection_id) references collections on delete set null (collection_id)
);

create index prompts_by_creation on prompts (team_id, created_at, id);
create index prompts_by_update on prompts (team_id, updated_at, id);
create index prompts_by_collection on prompts (team_id, collection_id);
-- These two find words and tags in all teams; the team is checked on what they find. A team_id in a GIN index would
-- cost more than it saves.
create index prompts_by_word on prompts using gin (name gin_trgm_ops, description gin_trgm_ops);
create index prompts_by_tag on prompts using gin (tags);

create table versions (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  prompt_id text collate "C" not null,
  number bigint not null,
  type text collate "C" not null check (type in ('text', 'chat')),
  template_text text,
  messages jsonb,
  system_prompt text,
  few_shot_examples jsonb not null default '[]',
  model_id text not null,
  temperature double precision,
  max_tokens bigint,
  config jsonb not null default '{}',
  commit_message text,
  -- Over the canonical form of everything above but the commit message.
  content_hash text collate "C" not null,
  -- The names that the templates use, in the order of their first appearance.
  variables jsonb not null default '[]',
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  primary key (team_id, id),
  unique (team_id, prompt_id, number),
  constraint versions_content_is_new unique (team_id, prompt_id, content_hash),
  -- What pointers refer to: a version of their own prompt.
  unique (team_id, prompt_id, id),
  foreign key (team_id, prompt_id) references prompts,
  check ((type = 'text') = (template_text is not null) and (type = 'chat') = (messages is not null))
);

create trigger versions_never_change before update or delete on versions
  for each row execute function refuse_change();

-- How a version did in its last evaluation. Beside the version, because the version never changes.
create table version_evaluations (
  team_id text collate "C" not null,
  version_id text collate "C" not null,
  status text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  primary key (team_id, version_id),
  foreign key (team_id, version_id) references versions
);

-- One sequence for all: a revision grows even where a name passes from one prompt to another.
create sequence revisions as bigint;

-- What is live. Both rows of a prompt are made with it and stay; whatever changes what a caller gets at the edge takes
-- a new revision here in the same statement. Lock order: the prompt's row, then its pointers.
create table pointers (
  team_id text collate "C" not null,
  prompt_id text collate "C" not null,
  environment text collate "C" not null check (environment in ('staging', 'production')),
  version_id text collate "C",
  -- What was live before: where a rollback without a target goes. Kept here and not read from the history, because
  -- only this row is locked while the pointer moves.
  previous_version_id text collate "C",
  revision bigint not null default nextval('revisions'),
  updated_at timestamptz(3) not null default now(),
  updated_by text collate "C" not null,
  primary key (team_id, prompt_id, environment),
  foreign key (team_id, prompt_id) references prompts,
  foreign key (team_id, prompt_id, version_id) references versions (team_id, prompt_id, id),
  foreign key (team_id, prompt_id, previous_version_id) references versions (team_id, prompt_id, id)
);

create table pointer_moves (
  team_id text collate "C" not null,
  prompt_id text collate "C" not null,
  environment text collate "C" not null,
  revision bigint not null,
  version_id text collate "C" not null,
  previous_version_id text collate "C",
  action text collate "C" not null check (action in ('promote', 'rollback')),
  justification text,
  override_gate boolean not null default false,
  moved_at timestamptz(3) not null default now(),
  moved_by text collate "C" not null,
  primary key (team_id, prompt_id, revision),
  foreign key (team_id, prompt_id, environment) references pointers
);

create trigger pointer_moves_never_change before update or delete on pointer_moves
  for each row execute function refuse_change();

create function collection_document(collection collections) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', collection.id,
  'collection_id', collection.id,
  'name', collection.name,
  'description', collection.description,
  'created_at', rfc3339(collection.created_at),
  'created_by', collection.created_by,
  'updated_at', rfc3339(collection.updated_at),
  'updated_by', collection.updated_by);

-- A pointer as a prompt shows it: null while it points at nothing.
create function pointer_document(pointer pointers) returns jsonb
language sql stable parallel safe
return case when pointer.version_id is not null then jsonb_build_object(
  'version_id', pointer.version_id,
  'version_number', (
    select number from versions where versions.team_id = pointer.team_id and versions.id = pointer.version_id),
  'revision', pointer.revision,
  'updated_at', rfc3339(pointer.updated_at),
  'updated_by', pointer.updated_by) end;

create function pointers_document(of_team text, of_prompt text) returns jsonb
language sql stable parallel safe
return (
  select jsonb_object_agg(pointers.environment, pointer_document(pointers))
  from pointers
  where pointers.team_id = of_team and pointers.prompt_id = of_prompt);

-- The pointers are an argument, because a statement that changes them cannot read its own change.
create function prompt_document(prompt prompts, pointers jsonb) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', prompt.id,
  'prompt_id', prompt.id,
  'name', prompt.name,
  'description', prompt.description,
  'collection_id', prompt.collection_id,
  'tags', to_jsonb(prompt.tags),
  'latest_version_number', nullif(prompt.latest_version_number, 0),
  'pointers', pointers,
  'archived', prompt.archived_at is not null,
  'archived_at', rfc3339(prompt.archived_at),
  'created_at', rfc3339(prompt.created_at),
  'created_by', prompt.created_by,
  'updated_at', rfc3339(prompt.updated_at),
  'updated_by', prompt.updated_by);

-- What a version says: all that its hash covers.
create function version_content(version versions) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'type', version.type,
  'template_text', version.template_text,
  'messages', version.messages,
  'system_prompt', version.system_prompt,
  'few_shot_examples', version.few_shot_examples,
  'model_id', version.model_id,
  'temperature', version.temperature,
  'max_tokens', version.max_tokens,
  'config', version.config);

create function version_document(version versions) returns jsonb
language sql stable parallel safe
return version_content(version) || jsonb_build_object(
  'id', version.id,
  'version_id', version.id,
  'version_number', version.number,
  'prompt_id', version.prompt_id,
  'commit_message', version.commit_message,
  'content_hash', version.content_hash,
  'variables', version.variables,
  'eval_status', coalesce((
    select status from version_evaluations
    where version_evaluations.team_id = version.team_id and version_evaluations.version_id = version.id), 'none'),
  'created_at', rfc3339(version.created_at),
  'created_by', version.created_by,
  'created_by_name', (
    select name from users where users.team_id = version.team_id and users.id = version.created_by));

-- The part of a release that never changes.
create function released_version(version versions) returns jsonb
language sql stable parallel safe
return version_content(version) || jsonb_build_object(
  'version_id', version.id,
  'version_number', version.number,
  'content_hash', version.content_hash,
  'variables', version.variables);

-- Everything that a resolve call needs. Experiments and canaries have their places already, so that a release that
-- the edge has cached stays readable when they come.
create function release_document(prompt prompts, pointer pointers) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'prompt_id', prompt.id,
  'name', prompt.name,
  'environment', pointer.environment,
  'revision', pointer.revision,
  'archived', prompt.archived_at is not null,
  'version', (
    select released_version(versions) from versions
    where versions.team_id = pointer.team_id and versions.id = pointer.version_id),
  'experiment', null,
  'canary', null,
  'killed', false);
