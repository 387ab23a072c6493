-- Summaries of long conversations: what models are told of the turns that do not fit any more.

alter table conversations
  add column summary text,
  -- The position of the last message that the summary stands for.
  add column summary_through bigint,
  -- The model that wrote it.
  add column summary_model text,
  add check ((summary is null) = (summary_through is null));
