-- Teams' keys for model providers.

-- `name` is openai, anthropic, gemini, or a team's own name for an OpenAI-compatible endpoint. What is deleted stays as
-- an empty row: the team's revision, the greatest of its rows, must never fall, or an old copy in a cache would win.
create table providers (
  team_id text collate "C" not null references teams,
  name text collate "C" not null,
  -- XChaCha20-Poly1305 under a key of the installation: nonce and ciphertext in base64. Null once it is deleted.
  sealed_key text collate "C",
  -- Which of the installation's keys opens it, so that they can be exchanged.
  encryption_key_id text collate "C",
  last_four text,
  base_url text,
  revision bigint not null,
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  updated_by text collate "C" not null,
  primary key (team_id, name),
  check ((sealed_key is null) = (encryption_key_id is null))
);

create function provider_document(provider providers) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'provider', provider.name,
  'last_four', provider.last_four,
  'base_url', provider.base_url,
  'encryption_key_id', provider.encryption_key_id,
  'created_at', rfc3339(provider.created_at),
  'created_by', provider.created_by,
  'updated_at', rfc3339(provider.updated_at),
  'updated_by', provider.updated_by);
