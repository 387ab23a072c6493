-- Teams, users, keys, the audit log and the answers kept for repeated requests.
--
-- Throughout: ids and hashes compare byte by byte (collate "C"), because their order is their age and no language
-- has a say in it. Times are kept to the millisecond, which is what the API shows, so that a time in a cursor is
-- exactly the time in its row. team_id leads every key, so that no query can leave its team by accident.

-- Search by any part of a word. Trusted: the owner of a database may create it.
create extension if not exists pg_trgm;

-- A time as the API shows it: 2026-11-21T09:30:00.000Z.
create function rfc3339(moment timestamptz) returns text
language sql stable parallel safe
return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- A time as programs compare it: milliseconds since the Unix epoch.
create function epoch_ms(moment timestamptz) returns bigint
language sql stable parallel safe
return (extract(epoch from moment) * 1000)::bigint;

-- A new TypeID, for rows that a statement adds in a number that its caller cannot know.
create function type_id(prefix text) returns text
language sql volatile
as $$
  with source as (
    select
      lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') as milliseconds,
      replace(gen_random_uuid()::text, '-', '') as random
  ), bits as (
    -- 26 characters of five bits are two more than a UUID has.
    select '00' || ('x' || milliseconds || '7' || substr(random, 14))::bit(128)::text as text from source
  )
  select prefix || '_' || string_agg(
    substr('0123456789abcdefghjkmnpqrstvwxyz', substr(text, position * 5 + 1, 5)::bit(5)::integer + 1, 1),
    '' order by position)
  from bits, generate_series(0, 25) as position
$$;

-- What must never change says so itself, whoever asks.
create function refuse_change() returns trigger
language plpgsql
as $$
begin
  raise exception 'rows of % never change', tg_table_name using errcode = 'restrict_violation';
end
$$;

create table teams (
  id text collate "C" primary key,
  name text not null unique,
  -- The first team runs the installation: its admins may add teams.
  is_operator boolean not null default false,
  settings jsonb not null default '{}',
  created_at timestamptz(3) not null default now()
);

-- Two first teams must not both win.
create unique index teams_one_operator on teams (is_operator) where is_operator;

create table users (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  name text not null,
  created_at timestamptz(3) not null default now(),
  primary key (team_id, id),
  unique (team_id, name)
);

create table api_keys (
  team_id text collate "C" not null references teams,
  id text collate "C" not null,
  user_id text collate "C" not null,
  name text not null,
  role text collate "C" not null check (role in ('runtime', 'viewer', 'editor', 'publisher', 'admin')),
  -- Of the key only this is kept. Unique across teams, because the key is what finds the team.
  key_hash text collate "C" not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
  -- Its first characters, for people who look at a list.
  hint text not null,
  chat_requests_per_hour bigint check (chat_requests_per_hour >= 0),
  created_at timestamptz(3) not null default now(),
  created_by text collate "C" not null,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  replaced_by text collate "C",
  -- A rotated key works until then.
  grace_until timestamptz(3),
  last_used_at timestamptz(3),
  primary key (team_id, id),
  foreign key (team_id, user_id) references users,
  foreign key (team_id, replaced_by) references api_keys
);

create index api_keys_by_age on api_keys (team_id, created_at, id);

create table audit (
  team_id text collate "C" not null references teams,
  id text collate "C" not null default type_id('aud'),
  at timestamptz(3) not null default now(),
  -- user_id, key_id and request_id as the statement was given them.
  actor jsonb not null,
  user_id text collate "C" generated always as (actor ->> 'user_id') stored,
  action text collate "C" not null,
  -- The id of what was changed.
  resource text collate "C" not null,
  detail jsonb not null default '{}',
  primary key (team_id, id)
);

create index audit_by_age on audit (team_id, at, id);
create index audit_by_resource on audit (team_id, resource, at, id);
create index audit_by_user on audit (team_id, user_id, at, id);

create trigger audit_never_changes before update or delete on audit
  for each row execute function refuse_change();

-- What a request with an Idempotency-Key was answered, for the request that repeats it.
create table idempotency (
  team_id text collate "C" not null references teams,
  key_id text collate "C" not null,
  idempotency_key text collate "C" not null,
  route text not null,
  body_hash text collate "C" not null,
  -- The request that holds the claim: one that was taken over must not store its answer.
  request_id text collate "C" not null,
  state text collate "C" not null default 'pending' check (state in ('pending', 'done')),
  status bigint,
  -- Encrypted by the caller: the answer to a new key holds the key.
  response text,
  created_at timestamptz(3) not null default now(),
  primary key (team_id, key_id, idempotency_key)
);

create index idempotency_by_age on idempotency (team_id, created_at);

-- A key as its team sees it. The hash stays here.
create function api_key_document(api_key api_keys, user_name text) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', api_key.id,
  'key_id', api_key.id,
  'name', api_key.name,
  'role', api_key.role,
  'hint', api_key.hint,
  'user_id', api_key.user_id,
  'user_name', user_name,
  'chat_requests_per_hour', api_key.chat_requests_per_hour,
  'created_at', rfc3339(api_key.created_at),
  'created_by', api_key.created_by,
  'expires_at', rfc3339(api_key.expires_at),
  'revoked_at', rfc3339(api_key.revoked_at),
  'replaced_by', api_key.replaced_by,
  'grace_until', rfc3339(api_key.grace_until),
  'last_used_at', rfc3339(api_key.last_used_at));
