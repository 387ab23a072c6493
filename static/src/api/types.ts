// Made by `npm run types` from the OpenAPI document. Do not edit.

/** What went wrong, as RFC 9457 describes it. */
export interface Problem {
  type: string;
  /** The status in words. */
  title: string;
  status: number;
  /** What went wrong, for programs. */
  code: string;
  /** What went wrong, for people. */
  detail: string;
  request_id: string;
  /** With 422: every field that is wrong. */
  errors?: FieldError[];
  /** With the code `missing_variables`: the variables without a value. */
  missing_variables?: string[];
  /** With 412: the revision in force. */
  current_revision?: number;
}

export interface FieldError {
  /** The field's path. */
  field: string;
  /** What is wrong, for programs. */
  code: string;
  /** What is wrong, for people. */
  detail: string;
}

/** RFC 3339, UTC, milliseconds. */
export type Timestamp = string;

/** A user of the team. */
export type UserId = string;

export type Environment = "staging" | "production";

/** Each may do what the ones before it may. */
export type Role = "runtime" | "viewer" | "editor" | "publisher" | "admin";

/** Where the next page begins; null on the last. */
export type NextCursor = string | null;

export interface ResolveInput {
  environment?: "staging" | "production" | null;
  /** The unit of experiments. */
  user_id?: string | null;
  /** Values of the template's variables. A text is filled in as it is, `null` as nothing, everything else as compact JSON with sorted keys. A whole number beyond 64 bits would be rounded and is refused: send a string. */
  variables?: Record<string, unknown> | null;
  /** A version's number or id, or `staging`, `production` or `latest`, instead of what is live. */
  version?: string | number | null;
  /** Refuse with 422 when a variable has no value. */
  strict?: boolean | null;
}

export interface Resolved {
  prompt_id: string;
  name: string;
  version_id: string;
  version_number: number;
  environment: Environment;
  /** Grows with whatever changes this answer. */
  revision: number;
  type: VersionType;
  /** As they were stored: nothing is filled in. */
  few_shot_examples: FewShotExample[];
  model_id: string;
  temperature: number | null;
  max_tokens: number | null;
  /** Whatever the version's author put there for the caller. */
  config: Record<string, unknown>;
  content_hash: ContentHash;
  /** Of a text: the template, filled in. */
  resolved_text?: string;
  /** Of a chat: its messages, filled in. */
  messages?: MessageTemplate[];
  system_prompt: string | null;
  experiment_id: string | null;
  variant: string | null;
  /** Why this version: the environment's `pointer`, a `pinned` version, or what an experiment or canary decided. */
  assignment: "pointer" | "experiment" | "canary" | "control" | "killed" | "forced" | "pinned";
  /** Variables without a value: they stand in the text as they were written. */
  missing_variables: string[];
}

export interface ResolveBatch {
  requests: ({
    /** Its id or name. */
    prompt?: string;
    /** The same. */
    prompt_id?: string;
    /** The same. */
    name?: string;
    environment?: "staging" | "production" | null;
    user_id?: string | null;
    variables?: Record<string, unknown> | null;
    version?: string | number | null;
    strict?: boolean | null;
  })[];
}

export interface ResolveResults {
  results: (Resolved | {
    error: Problem;
  })[];
}

export interface ChatInput {
  /** What the user says. */
  message: string;
  /** The conversation to go on with; a new one by default. */
  conversation_id?: string | null;
  /** The id or name of the prompt to put in front. */
  prompt?: string | null;
  environment?: "staging" | "production" | null;
  /** Values of the prompt's variables. */
  variables?: Record<string, unknown> | null;
  /** Your user: the unit of experiments. */
  user_id?: string | null;
  /** The model that answers; the prompt's by default. */
  model?: string | null;
  stream?: boolean | null;
}

export interface ChatMeta {
  conversation_id: string;
  /** The answer's. */
  message_id: string;
  /** What the user said. */
  user_message_id: string;
  request_id: string;
  prompt_id: string | null;
  version_id: string | null;
  experiment_id: string | null;
  variant: string | null;
  /** The model that is asked first. With `stream: false`, the one that answered. */
  model: string;
  estimated_tokens_in: number;
  /** The prompt's variables without a value. */
  missing_variables: string[];
  context: ChatContext;
  /** The models that are asked in turn should the first one fail. */
  fallbacks: string[];
}

/** What the model sees of the conversation so far: the newest messages that fit into its window beside the prompt and the answer. A conversation that takes more than 80 % of that is summarised after the answer. */
export interface ChatContext {
  /** Earlier messages that it sees. */
  messages_kept: number;
  /** Earlier messages that it does not see. */
  messages_dropped: number;
  /** Whether it sees a summary in place of the beginning. */
  summarised: boolean;
}

export interface StoppedAnswer {
  message_id: string;
  conversation_id: string;
  status: "streaming" | "complete" | "cancelled" | "failed";
  finish_reason: string | null;
}

export interface ChatDelta {
  /** The next piece of the answer. */
  text: string;
}

export interface ChatUsage {
  /** The model that answered. */
  model: string;
  tokens_in: number;
  tokens_out: number;
  cached_tokens_in: number;
  /** Whether the provider has not counted and we have estimated. */
  tokens_estimated: boolean;
  /** From the request to the end of the answer. */
  latency_ms: number;
  /** From the request to the first piece of the answer. */
  ttft_ms: number | null;
  /** Null when the model's price is not known. */
  cost_usd: number | null;
}

export interface ChatDone {
  finish_reason: FinishReason;
}

export interface ChatError {
  code: string;
  detail: string;
}

/** With `stream: false`. */
export type ChatAnswer = ChatMeta & {
  /** The answer. */
  text: string;
} & ChatUsage & ChatDone;

/** `stop`: it was all said; `length`: the limit was reached; `content_filter`: the provider withheld the rest; `cancelled`: somebody stopped it, or nobody was there to read it. */
export type FinishReason = string;

export interface Conversation {
  id: string;
  /** The same as `id`. */
  conversation_id: string;
  title: string;
  /** Your user, as you named them. */
  user_id: string | null;
  /** The prompt it was started with. */
  prompt_id: string | null;
  message_count: number;
  created_at: Timestamp;
  created_by: UserId;
  updated_at: Timestamp;
}

export interface ConversationChanges {
  title: string;
}

export type ConversationWithMessages = Conversation & {
  messages: Message[];
};

/** What only answers have is null for what users said. */
export interface Message {
  id: string;
  /** The same as `id`. */
  message_id: string;
  conversation_id: string;
  /** Its place in the conversation: 1, 2, 3, …. */
  position: number;
  role: "user" | "assistant";
  content: string;
  status: "streaming" | "complete" | "cancelled" | "failed";
  prompt_id: string | null;
  version_id: string | null;
  environment: string | null;
  experiment_id: string | null;
  variant: string | null;
  model: string | null;
  tokens_in: number | null;
  tokens_out: number | null;
  cached_tokens_in: number | null;
  cost_usd: number | null;
  latency_ms: number | null;
  ttft_ms: number | null;
  finish_reason: string | null;
  error_code: string | null;
  request_id: string | null;
  created_at: Timestamp;
  completed_at: string | null;
}

export interface CompletionInput {
  /** A model's id, or `prompt:<name>`. */
  model: string;
  messages: ({
    role: "system" | "developer" | "user" | "assistant" | "tool";
    /** A text, or OpenAI's content parts. */
    content?: unknown;
    name?: string;
    tool_calls?: (Record<string, unknown>)[];
    tool_call_id?: string;
  })[];
  stream?: boolean;
  stream_options?: {
    include_usage?: boolean;
  };
  temperature?: number;
  top_p?: number;
  /** Whether the answer tells how likely its tokens were; of OpenAI-compatible providers. */
  logprobs?: boolean;
  /** `{"type": "json_schema", …}` or `{"type": "json_object"}`, as OpenAI has them. */
  response_format?: Record<string, unknown>;
  max_completion_tokens?: number;
  /** The older name of `max_completion_tokens`. */
  max_tokens?: number;
  /** A string, or several. */
  stop?: unknown;
  tools?: (Record<string, unknown>)[];
  /** `auto`, `none`, `required`, or a function. */
  tool_choice?: unknown;
  n?: 1;
  user?: string;
  /** `user_id` and `variables` are for us; the rest is kept with the inference. */
  metadata?: Record<string, unknown>;
  /** The prompt's variables. */
  variables?: Record<string, unknown>;
  /** Whether the answer tells the model's reasoning, as `reasoning_content`; by default if the version's `config.reasoning` is `pass`. */
  include_reasoning?: boolean;
}

export interface Completion {
  id: string;
  object: "chat.completion";
  created: number;
  /** The model that answered. */
  model: string;
  choices: ({
    index: number;
    message: {
      role: "assistant";
      content: string | null;
      refusal: null;
      tool_calls?: (Record<string, unknown>)[];
    };
    /** Where `logprobs` was asked for and the provider gives them. */
    logprobs: Record<string, unknown> | null;
    finish_reason: "stop" | "length" | "tool_calls" | "content_filter";
  })[];
  usage: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details: {
      cached_tokens: number;
    };
    completion_tokens_details: {
      reasoning_tokens: number;
    };
  };
}

export interface OpenAiError {
  error: {
    message: string;
    type: "invalid_request_error" | "requests" | "insufficient_quota" | "server_error";
    param: string | null;
    code: string | null;
  };
}

export interface Model {
  id: string;
  object: "model";
  /** 0: nobody says. */
  created: number;
  owned_by: string;
}

export interface ModelList {
  object: "list";
  data: Model[];
}

export interface TokenInput {
  model: string;
  /** A text; or else `messages`. */
  text?: string | null;
  messages?: ({
    role: "system" | "developer" | "user" | "assistant" | "tool";
    /** A text, or OpenAI's content parts. */
    content?: unknown;
    name?: string | null;
    tool_calls?: (Record<string, unknown>)[] | null;
    tool_call_id?: string | null;
  })[] | null;
}

export interface TokenCount {
  model: string;
  tokens: number;
  /** `o200k_base`, `cl100k_base`, or `words` for the built-in model. */
  encoding: string;
  /** Whether the model is known to use it, and nothing was counted but text. */
  exact: boolean;
  /** By the list price of the model's own provider; null where that is not known, or another provider answers. */
  input_cost_usd: number | null;
  /** The month of the table of prices. */
  prices_as_of: string;
}

export interface FeedbackInput {
  /** The answer; or else `request_id`. */
  message_id?: string | null;
  /** The request that was answered. */
  request_id?: string | null;
  /** -1 or 1; with the scale `stars` 1 to 5. */
  rating: number;
  scale?: "thumbs" | "stars" | null;
  /** Why, in words. */
  comment?: string | null;
  /** Who thinks so; by default the conversation's user, or else the key's. */
  user_id?: string | null;
  /** For a request that only resolved: the prompt. */
  prompt_id?: string | null;
  /** For a request that only resolved: the version. */
  version_id?: string | null;
  /** For a request that only resolved: the experiment or canary. */
  experiment_id?: string | null;
  /** For a request that only resolved: the variant. */
  variant?: string | null;
}

export interface Feedback {
  id: string;
  /** The same as `id`. */
  feedback_id: string;
  message_id: string | null;
  request_id: string | null;
  user_id: string;
  rating: number;
  scale: "thumbs" | "stars";
  comment: string | null;
  prompt_id: string | null;
  version_id: string | null;
  experiment_id: string | null;
  variant: string | null;
  created_at: Timestamp;
  created_by: UserId;
  updated_at: Timestamp;
  /** Whether it took an earlier one's place. */
  replaced: boolean;
}

export interface Ratings {
  count: number;
  /** Thumbs up. */
  positive: number;
  /** Thumbs down. */
  negative: number;
  /** The share of thumbs that are up. */
  approval: number | null;
  approval_interval: number[] | null;
  /** Ratings in stars. */
  star_count: number;
  average_stars: number | null;
  distribution: ({
    stars: number;
    count: number;
    /** Of all ratings in stars. */
    share: number | null;
    interval: number[] | null;
  })[];
}

export type FeedbackStatistics = Ratings & {
  by_prompt: RatingsOfPrompt[];
  by_version: RatingsOfVersion[];
  by_variant: RatingsOfVariant[];
};

export type RatingsOfPrompt = Ratings & {
  prompt_id: string;
  prompt_name: string | null;
};

export type RatingsOfVersion = RatingsOfPrompt & {
  version_id: string;
  version_number: number | null;
};

export type RatingsOfVariant = Ratings & {
  experiment_id: string;
  variant: string | null;
};

export interface IngestBatch {
  events: InferenceInput[];
}

export interface InferenceInput {
  /** Of your choice, unique in the team. */
  id: string;
  type: "inference";
  /** Also `model_id`. */
  model?: string | null;
  /** `error` if an error is given, else `ok`. */
  status?: "ok" | "error" | "cancelled" | null;
  error_code?: string | null;
  /** What went wrong, in words. */
  error?: string | null;
  /** As resolve answered it; likewise the next four. */
  prompt_id?: string | null;
  version_id?: string | null;
  environment?: "staging" | "production" | null;
  experiment_id?: string | null;
  variant?: string | null;
  period?: number | null;
  /** The unit of experiments. */
  user_id?: string | null;
  /** What the model was asked. Also `input`. */
  messages?: unknown;
  /** What it answered. Also `answer`. */
  output?: unknown;
  /** The tools that it called. Also `tool_calls`. */
  tools?: unknown;
  tokens_in?: number | null;
  tokens_out?: number | null;
  cached_tokens_in?: number | null;
  /** By our table of prices, if it is not given and the model is known. */
  cost_usd?: number | null;
  latency_ms?: number | null;
  ttft_ms?: number | null;
  /** What feedback can name. This request's, if it is not given. */
  request_id?: string | null;
  message_id?: string | null;
  conversation_id?: string | null;
  trace_id?: string | null;
  span_id?: string | null;
  parent_span_id?: string | null;
  /** By your clock, from 1970 to 9999. It is kept beside ours and nothing is counted by it: an event counts at its receipt. Also `started_at` or `timestamp`. */
  client_started_at?: string | null;
  client_ended_at?: string | null;
  /** Whatever you like. */
  metadata?: Record<string, unknown> | null;
}

export interface Ingested {
  /** Inferences that are new. */
  accepted: number;
  /** Those whose id came twice, or within the last seven days. */
  duplicates: number;
  rejected: ({
    /** The event's place in the batch, from 0. */
    index: number;
    code: string;
    detail: string;
    errors?: ({
      field?: string;
      code?: string;
      detail?: string;
    })[];
  })[];
}

export interface Drained {
  /** Entries that were read from the streams. */
  read?: number;
  /** Events that were stored. */
  accepted?: number;
  /** Events that had been stored before. */
  duplicates?: number;
  /** Entries that can never be stored. */
  set_aside?: number;
  /** Whether nothing is left. */
  is_empty: boolean;
  partitions_made?: number;
  partitions_dropped?: number;
}

/** Milliseconds. Percentiles differ from exact ones by less than 1 %. Null where there are no values. */
export type Distribution = {
  /** How many values there are. */
  count?: number;
  /** Their mean. */
  mean?: number | null;
  /** The median. */
  p50?: number;
  /** What one in twenty exceeds. */
  p95?: number;
  /** What one in a hundred exceeds. */
  p99?: number;
} | null;

export interface HistogramBar {
  /** What all values exceed. */
  from_ms: number;
  /** What none exceeds. */
  to_ms: number;
  /** How many there are. */
  count: number;
}

/** What the group is called: `key` tells groups apart and is absent for inferences that did not say; ids and names of what was grouped by stand beside it. */
export interface AnalyticsGroup {
  key?: string;
  model?: string;
  team_id?: string;
  team_name?: string;
  prompt_id?: string;
  prompt_name?: string;
  version_id?: string;
  version_number?: number;
  environment?: string;
  experiment_id?: string;
  variant?: string;
  source?: string;
  status?: string;
}

export interface AnalyticsPeriod {
  /** The range's beginning, in whole minutes. */
  from: string;
  /** Its end. */
  to: string;
  /** Inferences, however they ended. */
  requests: number;
  /** Those that ended with an error. */
  errors: number;
  /** Those that the one who asked gave up. */
  cancelled: number;
  /** Errors among those that nobody gave up; null where there were none. */
  error_rate: number | null;
  /** Tokens that models read. */
  tokens_in: number;
  /** Tokens that they wrote. */
  tokens_out: number;
  /** Of `tokens_in` those that a provider had read before. */
  cached_tokens_in: number;
  /** What it cost, as far as prices are known. */
  cost_usd: number;
  /** Inferences whose price is not known; they count as nothing. */
  unpriced_requests: number;
  latency_ms: Distribution;
  ttft_ms: Distribution;
  /** Thumbs. */
  approval: {
    /** Ratings with a thumb: each counts, also several of one user. */
    count?: number;
    /** The share of thumbs that are up. An experiment's results count each user once instead, in the variant that they met first. */
    rate?: number | null;
  };
  /** Stars. */
  rating: {
    /** How many people gave stars. */
    count?: number;
    /** Their mean, from 1 to 5. */
    mean?: number | null;
  };
}

export interface AnalyticsOverview {
  /** The range's beginning, in whole minutes. */
  from: string;
  /** Its end. */
  to: string;
  time_zone: string;
  /** Inferences, however they ended. */
  requests: number;
  /** Those that ended with an error. */
  errors: number;
  /** Those that the one who asked gave up. */
  cancelled: number;
  /** Errors among those that nobody gave up; null where there were none. */
  error_rate: number | null;
  /** Tokens that models read. */
  tokens_in: number;
  /** Tokens that they wrote. */
  tokens_out: number;
  /** Of `tokens_in` those that a provider had read before. */
  cached_tokens_in: number;
  /** What it cost, as far as prices are known. */
  cost_usd: number;
  /** Inferences whose price is not known; they count as nothing. */
  unpriced_requests: number;
  latency_ms: Distribution;
  ttft_ms: Distribution;
  /** Thumbs. */
  approval: {
    /** Ratings with a thumb: each counts, also several of one user. */
    count?: number;
    /** The share of thumbs that are up. An experiment's results count each user once instead, in the variant that they met first. */
    rate?: number | null;
  };
  /** Stars. */
  rating: {
    /** How many people gave stars. */
    count?: number;
    /** Their mean, from 1 to 5. */
    mean?: number | null;
  };
  previous: AnalyticsPeriod;
  /** By what share a figure has changed: 0.1 for a tenth more. Null where there was nothing to compare with. */
  change: Record<string, number | null>;
}

export interface AnalyticsPoint {
  /** The bucket's beginning. */
  bucket: string;
  unfinished: boolean;
  /** Inferences, however they ended. */
  requests: number;
  /** Those that ended with an error. */
  errors: number;
  /** Those that the one who asked gave up. */
  cancelled: number;
  /** Errors among those that nobody gave up; null where there were none. */
  error_rate: number | null;
  /** Tokens that models read. */
  tokens_in: number;
  /** Tokens that they wrote. */
  tokens_out: number;
  /** Of `tokens_in` those that a provider had read before. */
  cached_tokens_in: number;
  /** What it cost, as far as prices are known. */
  cost_usd: number;
  /** Inferences whose price is not known; they count as nothing. */
  unpriced_requests: number;
  latency_ms: Distribution;
  ttft_ms: Distribution;
  /** Thumbs. */
  approval: {
    /** Ratings with a thumb: each counts, also several of one user. */
    count?: number;
    /** The share of thumbs that are up. An experiment's results count each user once instead, in the variant that they met first. */
    rate?: number | null;
  };
  /** Stars. */
  rating: {
    /** How many people gave stars. */
    count?: number;
    /** Their mean, from 1 to 5. */
    mean?: number | null;
  };
}

export interface AnalyticsTimeseries {
  /** The range's beginning, in whole minutes. */
  from: string;
  /** Its end. */
  to: string;
  time_zone: string;
  interval: string;
  group_by: string | null;
  /** The beginnings of all buckets. */
  buckets: string[];
  /** How many groups there are. */
  groups: number;
  series: ({
    group: AnalyticsGroup;
    points: AnalyticsPoint[];
  })[];
}

export interface AnalyticsLatency {
  /** The range's beginning, in whole minutes. */
  from: string;
  /** Its end. */
  to: string;
  time_zone: string;
  latency_ms: Distribution;
  ttft_ms: Distribution;
  /** Latencies; each bar is a tenth wider than the one before. */
  histogram: HistogramBar[];
  /** Times to the first token. */
  ttft_histogram: HistogramBar[];
  group_by: string | null;
  /** How many groups there are; at most a hundred are shown. */
  groups_total: number;
  groups: ({
    group: AnalyticsGroup;
    /** Inferences, however they ended. */
    requests: number;
    latency_ms: Distribution;
    ttft_ms: Distribution;
    /** Latencies; each bar is a tenth wider than the one before. */
    histogram: HistogramBar[];
    /** Times to the first token. */
    ttft_histogram: HistogramBar[];
  })[];
}

export interface AnalyticsCosts {
  /** The range's beginning, in whole minutes. */
  from: string;
  /** Its end. */
  to: string;
  time_zone: string;
  group_by: string;
  /** What it cost, as far as prices are known. */
  cost_usd: number;
  /** Inferences whose price is not known; they count as nothing. */
  unpriced_requests: number;
  /** Inferences, however they ended. */
  requests: number;
  /** Tokens that models read. */
  tokens_in: number;
  /** Tokens that they wrote. */
  tokens_out: number;
  /** Of `tokens_in` those that a provider had read before. */
  cached_tokens_in: number;
  /** How many groups there are; at most a hundred are shown. */
  groups_total: number;
  groups: ({
    group: AnalyticsGroup;
    /** What it cost. */
    cost_usd: number;
    /** Of the whole. */
    share: number | null;
    /** On average, over requests with a price. */
    cost_per_request_usd: number | null;
    /** Inferences whose price is not known; they count as nothing. */
    unpriced_requests: number;
    /** Inferences, however they ended. */
    requests: number;
    /** Tokens that models read. */
    tokens_in: number;
    /** Tokens that they wrote. */
    tokens_out: number;
    /** Of `tokens_in` those that a provider had read before. */
    cached_tokens_in: number;
  })[];
}

export interface AnalyticsVersions {
  /** The range's beginning, in whole minutes. */
  from: string;
  /** Its end. */
  to: string;
  time_zone: string;
  /** How many versions there are; at most a hundred are shown. */
  versions_total: number;
  versions: ({
    key?: string;
    version_id: string;
    version_number?: number;
    prompt_id?: string;
    prompt_name?: string;
    /** Inferences, however they ended. */
    requests: number;
    /** Those that ended with an error. */
    errors: number;
    /** Those that the one who asked gave up. */
    cancelled: number;
    /** Errors among those that nobody gave up; null where there were none. */
    error_rate: number | null;
    /** Tokens that models read. */
    tokens_in: number;
    /** Tokens that they wrote. */
    tokens_out: number;
    /** Of `tokens_in` those that a provider had read before. */
    cached_tokens_in: number;
    /** What it cost, as far as prices are known. */
    cost_usd: number;
    /** Inferences whose price is not known; they count as nothing. */
    unpriced_requests: number;
    latency_ms: Distribution;
    ttft_ms: Distribution;
    /** Thumbs. */
    approval: {
      /** Ratings with a thumb: each counts, also several of one user. */
      count?: number;
      /** The share of thumbs that are up. An experiment's results count each user once instead, in the variant that they met first. */
      rate?: number | null;
    };
    /** Stars. */
    rating: {
      /** How many people gave stars. */
      count?: number;
      /** Their mean, from 1 to 5. */
      mean?: number | null;
    };
  })[];
}

export interface Collection {
  id: string;
  /** The same as `id`. */
  collection_id: string;
  name: string;
  description: string;
  created_at: Timestamp;
  created_by: UserId;
  updated_at: Timestamp;
  updated_by: UserId;
}

export interface Tag {
  tag: string;
  /** How many prompts have it. */
  prompts: number;
}

export interface NewCollection {
  /** Unique in the team. */
  name: string;
  description?: string | null;
}

export interface CollectionChanges {
  name?: string;
  description?: string | null;
}

export interface Prompt {
  id: string;
  /** The same as `id`. */
  prompt_id: string;
  name: PromptName;
  description: string;
  collection_id: string | null;
  tags: string[];
  latest_version_number: number | null;
  /** What is live in each environment. */
  pointers: {
    staging: Pointer | null;
    production: Pointer | null;
  };
  archived: boolean;
  archived_at: string | null;
  created_at: Timestamp;
  created_by: UserId;
  updated_at: Timestamp;
  updated_by: UserId;
}

/** Unique in the team, archived prompts included. */
export type PromptName = string;

/** The version that is live in an environment. */
export interface Pointer {
  version_id: string;
  version_number: number;
  /** Grows with whatever changes what resolve answers. */
  revision: number;
  updated_at: Timestamp;
  updated_by: UserId;
}

export interface NewPrompt {
  name: PromptName;
  description?: string | null;
  collection_id?: string | null;
  tags?: string[] | null;
}

export interface PromptChanges {
  name?: PromptName;
  description?: string | null;
  /** Another collection, or null for none. */
  collection_id?: string | null;
  tags?: string[] | null;
}

export type PublishedPrompt = Prompt & Published;

/** How a change reached the edge. */
export interface Published {
  /** When the edge's store had it. Null when it could not be written there: the edge then finds out by itself within five seconds. */
  propagated_at: string | null;
  /** How long that took. */
  propagation_ms: number | null;
}

/** One text, or several messages. */
export type VersionType = "text" | "chat";

/** SHA-256 over the content's canonical form (RFC 8785). */
export type ContentHash = string;

export interface MessageTemplate {
  /** Who speaks. */
  role: "system" | "developer" | "user" | "assistant" | "tool";
  content: string;
}

export interface FewShotExample {
  /** What a user might say. */
  input: string;
  /** What the model should answer. */
  output: string;
}

export interface NewVersion {
  type?: "text" | "chat" | null;
  /** Of a text, required: its template. */
  template_text?: string | null;
  /** Of a chat, required: the templates of its messages. */
  messages?: MessageTemplate[] | null;
  /** What the model is told before all else; a template too. */
  system_prompt?: string | null;
  few_shot_examples?: FewShotExample[] | null;
  /** The model it is written for. */
  model_id: string;
  temperature?: number | null;
  /** The longest answer, in tokens. */
  max_tokens?: number | null;
  /** Whatever else your code wants to know, up to 64 kB. Chat heeds `fallbacks` (up to seven models, as ids or as objects with a `model`, which are asked in turn should `model_id` fail), `top_p` and `stop`; `/v1` also `reasoning`: `pass` tells callers what the model thinks. */
  config?: Record<string, unknown> | null;
  /** What you say about it; not part of the content. */
  commit_message?: string | null;
}

export interface Version {
  id: string;
  /** The same as `id`. */
  version_id: string;
  version_number: number;
  prompt_id: string;
  type: VersionType;
  template_text: string | null;
  messages: MessageTemplate[] | null;
  system_prompt: string | null;
  few_shot_examples: FewShotExample[];
  model_id: string;
  temperature: number | null;
  max_tokens: number | null;
  config: Record<string, unknown>;
  commit_message: string | null;
  content_hash: ContentHash;
  /** The variables of its templates. */
  variables: string[];
  /** How its last evaluation went; `none` without one. */
  eval_status: string;
  created_at: Timestamp;
  created_by: UserId;
  created_by_name: string | null;
}

export type CreatedVersion = Version & {
  /** Whether the content was there already: nothing was made then. */
  deduplicated: boolean;
};

export type DiffStatus = "unchanged" | "added" | "removed" | "changed";

export interface VersionDiff {
  prompt_id: string;
  from: DiffSide;
  to: DiffSide;
  /** Whether any field differs. */
  changed: boolean;
  /** Each field of the content: `type`, `template_text`, `messages`, `system_prompt`, `few_shot_examples`, `model_id`, `temperature`, `max_tokens`, `config`. */
  fields: Record<string, FieldDiff>;
}

export interface DiffSide {
  version_id: string;
  version_number: number;
  content_hash: ContentHash;
}

export interface FieldDiff {
  status: DiffStatus;
  /** The value on the first side. */
  from: unknown;
  /** The value on the second side. */
  to: unknown;
  /** Of texts: whether they were too large to be compared line by line. */
  coarse?: boolean;
  /** Of texts, messages and examples: the changed lines with three lines of context. */
  hunks?: DiffHunk[];
  /** Of examples and the configuration: the changed paths. */
  changes?: ValueChange[];
}

export interface DiffHunk {
  from_line: number;
  from_count: number;
  to_line: number;
  to_count: number;
  lines: DiffLine[];
  /** Lines that are not listed because there are too many. */
  omitted_lines?: number;
}

export interface DiffLine {
  kind: "equal" | "delete" | "insert";
  text: string;
  /** Its number on the first side. */
  from_line?: number;
  /** Its number on the second side. */
  to_line?: number;
  /** How it ends, where not with a line feed. */
  ending?: "crlf" | "none";
  /** Its words, by what became of them. */
  words?: DiffWords[];
}

export interface DiffWords {
  kind: "equal" | "delete" | "insert";
  text: string;
}

export interface ValueChange {
  /** A JSON Pointer; empty for the whole value. */
  path: string;
  status: DiffStatus;
  /** The value on the first side, if there is one. */
  from?: unknown;
  /** The value on the second side, if there is one. */
  to?: unknown;
}

export interface Promotion {
  version_id: string;
  environment: Environment;
  /** Why, for the history. */
  justification?: string | null;
  /** The revision that the pointer must have, 0 before the first promotion; 412 when it has another. */
  expected_revision?: number | null;
  /** Promote in spite of a failed evaluation. It is kept in the history. */
  override_gate?: boolean | null;
}

export interface Rollback {
  environment: Environment;
  /** The version to go back to; by default the one that was live before. */
  target_version_id?: string | null;
  /** Why, for the history. */
  justification?: string | null;
  /** The revision that the pointer must have; 412 when it has another. */
  expected_revision?: number | null;
}

export type PointerMoved = PointerPosition & Published;

export interface PointerPosition {
  prompt_id: string;
  /** The prompt's name. */
  name: string;
  environment: Environment;
  version_id: string;
  version_number: number;
  /** The pointer's revision. */
  revision: number;
  previous_version_id: string | null;
  /** False when the version was live already: nothing changed then. */
  moved: boolean;
}

export type RolledBack = PointerMoved & {
  /** For production: what is live there. */
  production_version_id?: string;
};

export interface PointerMove {
  prompt_id: string;
  environment: Environment;
  revision: number;
  version_id: string;
  version_number: number;
  previous_version_id: string | null;
  previous_version_number: number | null;
  action: "promote" | "rollback";
  justification: string | null;
  override_gate: boolean;
  moved_at: Timestamp;
  moved_by: UserId;
  moved_by_name: string | null;
}

/** How much worse than the control a version may be. */
export interface GuardrailInput {
  /** Per user: the mean of their events. Latency, cost and error rate are better when lower. */
  metric: "approval" | "user_rating" | "latency_ms" | "cost_usd" | "error_rate";
  /** 0.1 allows a latency 10 % higher than the control's, an approval 10 % lower. */
  max_relative_regression: number;
}

export interface ExperimentInput {
  name?: string | null;
  environment?: "staging" | "production" | null;
  /** The first is the control. */
  variants: ({
    /** Unique; `control`, `variant_1`, … by default. */
    name?: string | null;
    version_id: string;
    /** In any unit: weights count in proportion to each other. */
    traffic_weight: number;
  })[];
  /** Whether weights stay, or follow what is learned. */
  allocation_strategy: "fixed_split" | "thompson_sampling";
  /** The share of all users that take part, 0 to 1 in steps of 0.0001. All by default. */
  coverage?: number | null;
  /** Per user: the mean of their events. Latency, cost and error rate are better when lower. */
  primary_metric: "approval" | "user_rating" | "latency_ms" | "cost_usd" | "error_rate";
  /** Users with a value that every variant needs before a verdict. Ratings, latencies and costs need 30 in any case. */
  min_samples?: number | null;
  /** The experiment stops by itself when a variant is worse than one allows. */
  guardrails?: GuardrailInput[] | null;
  /** User to variant: for testers. They are not counted. */
  forced?: Record<string, string> | null;
}

/** What is absent stays as it is. Null clears name, guardrails and forced. */
export interface ExperimentPatch {
  name?: string | null;
  /** New weights. Variants are named by `name`, else `version_id`, else by place; others keep theirs. */
  variants?: ({
    name?: string | null;
    version_id?: string | null;
    traffic_weight: number;
  })[];
  /** In steps of 0.0001. */
  coverage?: number;
  min_samples?: number;
  guardrails?: GuardrailInput[] | null;
  forced?: Record<string, string> | null;
  reason?: string | null;
}

export interface ChangeReason {
  /** For the history. */
  reason?: string | null;
}

export interface ExperimentStop {
  /** A version of one of its variants. */
  winner_version_id?: string | null;
  /** Make the winner live, as promoting it would. True by default where there is a winner. */
  promote?: boolean | null;
  /** Promote in spite of a failed evaluation. */
  override_gate?: boolean | null;
  reason?: string | null;
}

export interface ExperimentVariant {
  name: string;
  version_id: string | null;
  version_number: number | null;
  /** In the caller's unit. */
  traffic_weight: number;
  /** Its share of the users that take part. */
  weight: number;
}

export interface ExperimentTransition {
  /** `create`, `change`, `kill`, `pause`, `resume`, `stop`, `reallocate`, `advance`, `complete`, `promote` or `roll_back`. */
  action: string;
  status: "active" | "paused" | "killed" | "stopped" | "running" | "completed" | "rolled_back";
  state: "active" | "paused" | "killed" | "stopped" | "running" | "completed" | "rolled_back";
  /** Of a canary. */
  step: number | null;
  reason: string | null;
  /** The numbers that decided it: of what a person changed, `changes` from and to, and the exposures then. */
  numbers: Record<string, unknown> | null;
  /** The pointer's revision. */
  revision: number;
  at: Timestamp;
  /** Null is the schedule. */
  user_id: string | null;
  /** Of a canary: what it was compared with until then. */
  control_version_id?: string;
  control_version_number?: number;
}

/** As lists show it: without its history. */
export interface ExperimentSummary {
  id: string;
  experiment_id: string;
  prompt_id: string;
  prompt_name: string;
  environment: Environment;
  name: string;
  /** `paused` and `killed` give everybody the control; a killed one makes way for another. */
  status: "active" | "paused" | "killed" | "stopped";
  allocation_strategy: "fixed_split" | "thompson_sampling";
  /** The share of all users that take part. */
  coverage: number;
  /** The first is the control. */
  variants: ExperimentVariant[];
  primary_metric: "approval" | "user_rating" | "latency_ms" | "cost_usd" | "error_rate" | null;
  min_samples: number;
  guardrails: GuardrailInput[];
  forced: Record<string, string>;
  /** What makes its hashes its own: with it the assignment of any user can be computed elsewhere. */
  salt: string;
  /** The allocation period in force: each change of weights or coverage begins one. */
  period: number;
  period_started_at: Timestamp;
  winner_version_id: string | null;
  /** Why it is paused, killed or over. */
  reason: string | null;
  /** Whether the team's main switch has all experiments at control. */
  all_killed: boolean;
  /** Of its last change. */
  revision: number;
  /** When one of its users last met a variant or had a value. */
  last_event_at: string | null;
  created_at: Timestamp;
  created_by: UserId;
  updated_at: Timestamp;
  ended_at: string | null;
}

export type Experiment = ExperimentSummary & {
  /** Every change, the oldest first. */
  history: ExperimentTransition[];
};

export type ExperimentChanged = Experiment & Published & {
  promoted?: PointerPosition;
};

export interface MetricOfVariant {
  variant: string;
  /** Users that have a value. */
  samples: number;
  /** Allocation periods are weighted alike in all variants. */
  mean: number | null;
  /** Low and high, valid at every look. Null without enough units. */
  interval: number[] | null;
  /** 0.1 is 10 % more than the control. Null for the control. */
  relative_lift: number | null;
  /** Low and high, valid at every look. It holds zero if and only if the difference from the control is undecided. Null without enough units. */
  relative_interval: number[] | null;
  /** It steers Thompson sampling and informs people. It decides nothing. */
  probability_best: number | null;
}

export type VariantResult = MetricOfVariant & {
  name: string;
  version_id: string | null;
  version_number: number | null;
  weight: number;
  /** Users that met it. */
  exposures: number;
  /** Those that are left out because they met another variant in the same allocation period. */
  in_two_arms: number;
};

/** Exposures against weights, by Pearson's χ². */
export interface SampleRatio {
  chi_squared: number;
  degrees_of_freedom: number;
  p_value: number;
  /** Below 0.001: traffic does not split as it should, and no other number can be trusted. */
  alert: boolean;
  periods: ({
    period: number;
    exposures: number[];
    chi_squared: number;
    p_value: number;
    alert: boolean;
  })[];
}

export interface GuardrailOutcome {
  /** Per user: the mean of their events. Latency, cost and error rate are better when lower. */
  metric: "approval" | "user_rating" | "latency_ms" | "cost_usd" | "error_rate";
  variant: string;
  max_relative_regression: number;
  mean: number | null;
  control_mean: number | null;
  samples: number;
  /** Relative to the control, positive when worse. */
  regression: number | null;
  /** What the excess over the allowed regression is at least, in the metric's unit, at every look. */
  excess_at_least: number | null;
  /** Whether that is above zero. Ratings, latencies and costs need 30 users in each variant. */
  failed: boolean;
}

export interface ExperimentResults {
  experiment_id: string;
  prompt_id: string;
  environment: Environment;
  status: "active" | "paused" | "killed" | "stopped";
  primary_metric: "approval" | "user_rating" | "latency_ms" | "cost_usd" | "error_rate" | null;
  min_samples: number;
  period: number;
  /** They never change. */
  allocation_periods: ({
    period: number;
    /** Basis points by variant. */
    weights: number[];
    /** Basis points. */
    coverage: number;
    reason: string | null;
    started_at: Timestamp;
  })[];
  /** In the primary metric. */
  variants: VariantResult[];
  /** Every metric that has a value. */
  metrics: Record<string, MetricOfVariant[]>;
  srm: SampleRatio;
  in_two_arms: {
    units: number;
    share: number;
    /** Above 1 %. */
    alert: boolean;
  };
  guardrails: GuardrailOutcome[];
  /** Holds however often one looks. */
  verdict: "not_enough_data" | "no_difference" | "winner" | "loser" | "guardrail_failed";
  verdict_variant: string | null;
  /** Why the verdict is `not_enough_data` though there is enough: traffic does not split as it should, or too many users met two variants. */
  verdict_withheld: "srm" | "in_two_arms" | null;
  sequential: boolean;
  /** The error level of the verdict, all looks together. */
  alpha: number;
}

export interface AssignmentExplained {
  experiment_id: string;
  user_id: string;
  status: "active" | "paused" | "killed" | "stopped";
  variant: string | null;
  version_id: string | null;
  /** As resolve says it. */
  assignment: "experiment" | "control" | "killed" | "forced" | "pointer";
  reason: "assigned" | "forced" | "killed" | "paused" | "not_included" | "over";
  /** The same for people. */
  why: string;
  /** 0 to 9,999: the user takes part if it is below the coverage. */
  bucket: number | null;
  coverage: number;
  included: boolean;
  /** The smallest score wins. */
  scores: ({
    variant: string;
    weight: number;
    score: number | null;
  })[];
}

export interface MainSwitchState {
  /** Whether all experiments and canaries are at control. */
  killed: boolean;
  reason: string | null;
  /** Null if it was never turned. */
  changed_at: string | null;
  /** The user who turned it. */
  changed_by: string | null;
  /** How many experiments and canaries there are to feel it. */
  experiments: number;
}

export interface MainSwitch {
  killed: boolean;
  /** Whether it was elsewhere before. */
  changed: boolean;
  /** How many experiments and canaries feel it. */
  experiments: number;
}

export interface ScheduleRun {
  looked_at: number;
  moves: ({
    id: string;
    action: string;
    reason: string;
  })[];
  failed: number;
}

export interface CanaryStep {
  /** The canary's share of all users. */
  percent: number;
  /** New users that the canary needs: with a value in every guarded metric, or else exposed. They are counted since the canary last took in users; beyond 50 % everybody takes part, so steps from there on count together. */
  min_samples?: number;
  min_minutes?: number;
}

export interface CanaryInput {
  version_id: string;
  environment: Environment;
  name?: string | null;
  /** With growing percentages. After the last the version goes live. */
  steps: CanaryStep[];
  /** The canary is rolled back by itself when it is worse than one allows. */
  guardrails?: GuardrailInput[] | null;
}

/** As lists show it: without its history. */
export interface CanarySummary {
  id: string;
  canary_id: string;
  prompt_id: string;
  prompt_name: string;
  environment: Environment;
  name: string;
  version_id: string | null;
  version_number: number | null;
  /** What it is compared with: what is live here. Of one that is over, what was live until then. */
  control_version_id: string | null;
  control_version_number: number | null;
  /** A paused canary keeps its share, so that nobody is sent back. */
  state: "running" | "paused" | "completed" | "rolled_back";
  /** The same as `state`. */
  status: "running" | "paused" | "completed" | "rolled_back";
  /** Its place in `steps`, from 0. */
  step: number;
  percent: number;
  steps: CanaryStep[];
  step_started_at: Timestamp;
  guardrails: GuardrailInput[];
  period: number;
  reason: string | null;
  all_killed: boolean;
  revision: number;
  /** When one of its users last met a variant or had a value. */
  last_event_at: string | null;
  created_at: Timestamp;
  created_by: UserId;
  updated_at: Timestamp;
  ended_at: string | null;
}

export type Canary = CanarySummary & {
  /** Every transition with time, reason and numbers, the oldest first. */
  history: ExperimentTransition[];
};

export type CanaryChanged = Canary & Published & {
  promoted?: PointerPosition;
};

export type CanaryWatched = Canary & {
  /** What its step still needs; null when it is over. */
  waiting_for: {
    samples: number;
    min_samples: number;
    remaining_ms: number;
    paused: boolean;
  } | null;
  exposures: ({
    variant: string;
    exposures: number;
  })[];
  guardrail_outcomes: GuardrailOutcome[];
  srm: SampleRatio;
  share_in_two_arms: number;
};

export interface Me {
  key: {
    id: string;
    /** The same as `id`. */
    key_id: string;
    name: string;
    role: Role;
    expires_at: string | null;
    /** Once it is replaced: until when it works. */
    grace_until: string | null;
    chat_requests_per_hour: number | null;
  };
  user: {
    id: UserId;
    user_id: UserId;
    name: string;
  };
  team: {
    id: string;
    /** The same as `id`. */
    team_id: string;
    name: string;
    /** Whether it runs the installation. */
    is_operator: boolean;
  };
  role: Role;
}

export interface NewKey {
  /** What the team calls it. */
  name: string;
  role: Role;
  /** The user it is for, made if there is none of this name; by default yours. */
  user_name?: string | null;
  /** When it ends; never by default. */
  expires_at?: string | null;
  /** How many chat requests its user may send in an hour, when not the default. */
  chat_requests_per_hour?: number | null;
}

export interface Rotation {
  /** How long the old secret goes on working. */
  grace_seconds?: number;
}

export interface Key {
  id: string;
  /** The same as `id`. */
  key_id: string;
  name: string;
  role: Role;
  /** The key's first characters. */
  hint: string;
  user_id: UserId;
  user_name: string;
  chat_requests_per_hour: number | null;
  created_at: Timestamp;
  created_by: UserId;
  expires_at: string | null;
  revoked_at: string | null;
  /** The key that took its place. */
  replaced_by: string | null;
  /** Until when it works although it was replaced. */
  grace_until: string | null;
  /** To the minute or so. */
  last_used_at: string | null;
}

/** A key, with its secret this once. */
export type KeyWithSecret = Key & {
  key: Secret;
};

export type RotatedKey = KeyWithSecret & {
  previous_key_id: string;
  /** Until when the old secret works. */
  previous_grace_until: string;
};

export interface Team {
  id: string;
  /** The same as `id`. */
  team_id: string;
  /** Unique in the installation. */
  name: string;
  /** Whether it runs the installation. */
  is_operator: boolean;
  created_at: Timestamp;
}

export interface TeamSettings {
  redaction: {
    mode?: RedactionMode;
    /** Fields for which something else holds. `input` and `output` are also what users say and models answer in exports; `title`, which is `input` where it is not set, and `user_id` are those of conversations there. */
    fields?: {
      input?: RedactionMode;
      output?: RedactionMode;
      tools?: RedactionMode;
      metadata?: RedactionMode;
      title?: RedactionMode;
      user_id?: RedactionMode;
      /** What is stored of conversations: messages, titles, summaries, users, and comments of ratings. `off` is the default, whatever `mode` says: masked, a model no longer knows at the next turn what a placeholder stands for; dropped, it remembers nothing. The answer itself is never altered. */
      conversations?: RedactionMode;
    };
    /** What is personal in this team's texts, beyond what is for everybody. */
    patterns?: RedactionPattern[];
  };
}

/** `off`: kept as it is. `mask`, the default: what is personal or secret becomes a placeholder. `drop`: not kept at all. */
export type RedactionMode = "off" | "mask" | "drop";

export interface RedactionPattern {
  /** The placeholder, in brackets. */
  name: string;
  /** A regular expression that takes linear time: no look-around and no back-references. It must not match an empty text. */
  pattern: string;
}

export interface NewTeam {
  /** Unique in the installation. */
  name: string;
  /** The first user; `admin` by default. */
  user_name?: string | null;
  /** What the first key is called. */
  key_name?: string | null;
}

export type TeamWithKey = Team & {
  user_id: UserId;
  user_name: string;
  key_id: string;
  key: Secret;
  api_key: Key;
};

/** The secret: what goes into `Authorization`. It is shown this once. */
export type Secret = string;

export interface AuditEntry {
  id: string;
  at: Timestamp;
  /** What was done. */
  action: string;
  /** The id of what it was done to. */
  resource: string;
  /** Null for what the schedule did. */
  user_id: string | null;
  /** `schedule` for what the schedule did. */
  user_name: string | null;
  /** The key it was done with; null for what set-up or the schedule did. */
  key_id: string | null;
  key_name: string | null;
  request_id: string | null;
  /** What changed, as far as it is kept. */
  detail: unknown;
}

export interface ProviderInput {
  /** The provider's key. */
  api_key: string;
  /** Where it is, version segment included: https and public; in development also loopback. Required for endpoints of your own. */
  base_url?: string | null;
}

export interface Provider {
  provider: string;
  /** The key's last four characters; empty for a key of fewer than eight. */
  last_four: string;
  base_url: string | null;
  /** Which of the installation's keys it is encrypted with. */
  encryption_key_id: string;
  created_at: Timestamp;
  created_by: UserId;
  updated_at: Timestamp;
  updated_by: UserId;
}

export interface OpenApi {
  openapi: string;
  info: Record<string, unknown>;
  paths: Record<string, unknown>;
}

export interface Health {
  status: "ok";
  /** The installation's version. */
  version: string;
}

export interface Readiness {
  status: "ready" | "unavailable";
  dependencies: {
    postgres: Dependency;
    redis: Dependency;
  };
}

export interface Dependency {
  status: "up" | "down";
  /** How long it took to answer. */
  latency_ms: number;
}
