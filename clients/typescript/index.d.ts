/** Names are those of the HTTP API, in camel case. */

export type Environment = "staging" | "production";

export interface PromptLabOptions {
  /** Where PromptLab is, without a path: `https://prompts.example.com`. */
  baseUrl: string;
  /** A key of the role `runtime` is enough. It is sent to `baseUrl` alone, and appears in no error and no log. */
  apiKey: string;
  /** What `resolve` asks for when it is not told. `production`. */
  environment?: Environment | undefined;
  /** For one call, all its tries together. 5000. */
  timeoutMs?: number | undefined;
  /** For one try. 2000. */
  attemptTimeoutMs?: number | undefined;
  /** Tries after the first, when nobody answers or with 408, 429 and 5xx. 2. */
  retries?: number | undefined;
  cache?: CacheOptions | undefined;
  log?: LogOptions | undefined;
  /** Told of what nobody is waiting for: refreshes and sends that failed, events that were refused, fallbacks in use. */
  onError?: ((error: Error) => void) | undefined;
  fetch?: typeof fetch | undefined;
  /** Whether what one request has begun ends with it, as on Cloudflare Workers, where this is the default. */
  isolatedRequests?: boolean | undefined;
  /** The time in milliseconds, for tests. */
  now?: (() => number) | undefined;
}

/** For how long an answer of the server is one. Each limit is the age of an answer. */
export interface CacheOptions {
  /** Up to here it is given without asking. 1000. */
  freshMs?: number | undefined;
  /** Up to here it is given, and asked for again in the background. 3000. */
  staleMs?: number | undefined;
  /** Up to here it is given when the server does not answer; never later. 3600000. */
  maxAgeMs?: number | undefined;
  /** The least recently used goes first; 0 keeps none. 1000. */
  maxEntries?: number | undefined;
}

export interface LogOptions {
  /** How long an event waits for others. 1000. */
  flushIntervalMs?: number | undefined;
  /** The oldest are dropped when more than this wait in memory. 10000. */
  maxEvents?: number | undefined;
  /** The same in bytes. 32000000. */
  maxBytes?: number | undefined;
  /** Instead of memory: `new DiskSpool({ directory })` from `@promptlab/client/spool`. */
  spool?: Spool | undefined;
}

/** Where events wait. */
export interface Spool {
  readonly spool: "disk";
}

export interface ResolveOptions {
  environment?: Environment | undefined;
  /** The unit of experiments. Without one nobody is assigned. */
  userId?: string | undefined;
  variables?: Readonly<Record<string, unknown>> | undefined;
  /** A version's number or id, or `staging`, `production` or `latest`. */
  version?: string | number | undefined;
  /** Whether a variable without a value is an error (422). */
  strict?: boolean | undefined;
  /** The application's own text, already filled in, for when neither the server nor the cache has an answer. */
  fallback?: string | Fallback | undefined;
  /** Ends this call alone. */
  signal?: AbortSignal | undefined;
  /** Lets a refresh outlive the request that began it: `(promise) => ctx.waitUntil(promise)` on Workers. */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
}

export interface Message {
  readonly role: string;
  readonly content: string;
}

export interface Fallback {
  resolvedText?: string;
  messages?: readonly Message[];
  systemPrompt?: string | null;
  modelId?: string | null;
  temperature?: number | null;
  maxTokens?: number | null;
  config?: Readonly<Record<string, unknown>>;
}

interface Content {
  readonly name: string;
  readonly type: "text" | "chat";
  /** Of a text prompt. */
  readonly resolvedText?: string;
  /** Of a chat prompt. */
  readonly messages?: readonly Message[];
  readonly systemPrompt: string | null;
  readonly fewShotExamples: readonly { readonly input: string; readonly output: string }[];
  readonly temperature: number | null;
  readonly maxTokens: number | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly missingVariables: readonly string[];
}

/** What the server said, now or earlier. It is frozen. */
export interface ServerAnswer extends Content {
  readonly isFallback: false;
  /** `server`: now. `cache`: it is fresh. `stale`: older, since it is being refreshed or could not be (`error` says why). */
  readonly source: "server" | "cache" | "stale";
  readonly ageMs: number;
  /** Why it is not the server's answer of now, if that was tried. */
  readonly error: PromptLabError | null;
  /** The request that it is the answer to. */
  readonly requestId: string | null;
  /** Whether the server's own stores were down. */
  readonly serverIsStale: boolean;
  readonly promptId: string;
  readonly versionId: string;
  readonly versionNumber: number;
  readonly environment: Environment;
  readonly revision: number;
  readonly contentHash: string;
  readonly modelId: string;
  readonly experimentId: string | null;
  readonly variant: string | null;
  readonly assignment: "pointer" | "experiment" | "canary" | "control" | "killed" | "forced" | "pinned";
}

/** What the application gave for this case. */
export interface FallbackAnswer extends Content {
  readonly isFallback: true;
  readonly source: "fallback";
  readonly ageMs: null;
  readonly error: PromptLabError;
  readonly requestId: string | null;
  readonly serverIsStale: false;
  readonly promptId: null;
  readonly versionId: null;
  readonly versionNumber: null;
  readonly environment: null;
  readonly revision: null;
  readonly contentHash: null;
  readonly modelId: string | null;
  readonly experimentId: null;
  readonly variant: null;
  readonly assignment: null;
}

export type Resolved = ServerAnswer | FallbackAnswer;

/** A call of a model, for `POST /api/ingest`. */
export interface Inference {
  /** Of your choice, unique in the team; made if it is missing. The same id counts once. */
  id?: string | undefined;
  model: string;
  /** `error` if an error is given, else `ok`. */
  status?: "ok" | "error" | "cancelled" | undefined;
  errorCode?: string | null | undefined;
  error?: string | null | undefined;
  promptId?: string | null | undefined;
  versionId?: string | null | undefined;
  environment?: Environment | null | undefined;
  experimentId?: string | null | undefined;
  variant?: string | null | undefined;
  userId?: string | null | undefined;
  messages?: unknown;
  output?: unknown;
  /** The tools that the model called. */
  tools?: unknown;
  tokensIn?: number | null | undefined;
  tokensOut?: number | null | undefined;
  cachedTokensIn?: number | null | undefined;
  /** By the server's table of prices if it is missing. */
  costUsd?: number | null | undefined;
  latencyMs?: number | null | undefined;
  ttftMs?: number | null | undefined;
  requestId?: string | null | undefined;
  messageId?: string | null | undefined;
  conversationId?: string | null | undefined;
  traceId?: string | null | undefined;
  spanId?: string | null | undefined;
  parentSpanId?: string | null | undefined;
  /** RFC 3339. */
  clientStartedAt?: string | null | undefined;
  clientEndedAt?: string | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
}

/** Counted since the client was made. */
export interface LogStatistics {
  logged: number;
  /** Waiting, or on their way. */
  queued: number;
  accepted: number;
  /** Sent again after an answer that was lost: the server has counted them once. */
  duplicates: number;
  /** Refused by the server: something is wrong with them. */
  rejected: number;
  /** Given up: there was no room, or they could not be written. */
  dropped: number;
  failedSends: number;
}

export interface FeedbackInput {
  /** What `inferenceOf` says of an answer; or else a `messageId` of the chat, or a `requestId`. */
  inference?: LoggedInference | undefined;
  messageId?: string | undefined;
  requestId?: string | undefined;
  /** -1 or 1; with the scale `stars` 1 to 5. */
  rating: number;
  scale?: "thumbs" | "stars" | undefined;
  comment?: string | undefined;
  userId?: string | undefined;
  promptId?: string | undefined;
  versionId?: string | undefined;
  experimentId?: string | undefined;
  variant?: string | undefined;
}

export interface Feedback {
  feedbackId: string;
  rating: number;
  scale: "thumbs" | "stars";
  comment: string | null;
  /** Whether it took an earlier one's place. */
  replaced: boolean;
  [field: string]: unknown;
}

/** What there is in an `OpenAI` of the package `openai`, and in what imitates it. */
export interface OpenAILike {
  baseURL?: string;
  chat: { completions: { create(...parameters: any[]): PromiseLike<any> } };
}

export interface WrapOptions {
  /** Whether messages, answers and tool calls are logged, or only numbers. true. */
  capture?: boolean;
  /** Whether streams are asked for their usage. False for servers that do not know `stream_options`. true. */
  includeUsage?: boolean;
}

/** What `create` of a wrapped client takes beside OpenAI's parameters. */
export interface PromptLabParameters extends ResolveOptions {
  /** The prompt whose messages come before the call's own; without one the call is logged, and that is all. */
  prompt?: string | undefined;
  /** More for the log: ids of a trace, a conversation, metadata. */
  log?: Partial<Inference> | undefined;
}

type WithPrompt<Parameters> = Parameters extends { messages: unknown; model: unknown }
  ? Omit<Parameters, "model" | "messages"> & Partial<Pick<Parameters, "model" | "messages">> & { promptlab?: PromptLabParameters }
  : Parameters & { promptlab?: PromptLabParameters };

type Create<Client extends OpenAILike> = Client["chat"]["completions"]["create"];
type Overloads<F> = F extends { (body: infer A, options?: infer O): infer R; (body: infer B, options?: any): infer S; (...rest: any[]): any }
  ? { (body: WithPrompt<A>, options?: O): Promise<Awaited<R>>; (body: WithPrompt<B>, options?: O): Promise<Awaited<S>> }
  : F extends (body: infer A, ...rest: infer O) => infer R
    ? (body: WithPrompt<A>, ...rest: O) => Promise<Awaited<R>>
    : never;

/** The same client; of `chat.completions`, `create` gives an ordinary promise. */
export type Wrapped<Client extends OpenAILike> = Omit<Client, "chat"> & {
  chat: Omit<Client["chat"], "completions"> & {
    completions: Omit<Client["chat"]["completions"], "create"> & { create: Overloads<Create<Client>> };
  };
};

/** What was logged for an answer. */
export interface LoggedInference {
  id: string;
  promptId: string | null;
  versionId: string | null;
  environment: Environment | null;
  experimentId: string | null;
  variant: string | null;
  resolved: Resolved | null;
}

export interface FieldError {
  field: string;
  code: string;
  detail: string;
}

/** One for each server and key, for as long as the process runs. */
export declare class PromptLab {
  constructor(options: PromptLabOptions);
  /** The live version of a prompt, filled in by the server. */
  resolve(prompt: string, options: ResolveOptions & { fallback: string | Fallback }): Promise<Resolved>;
  resolve(prompt: string, options?: ResolveOptions & { fallback?: undefined }): Promise<ServerAnswer>;
  resolve(prompt: string, options?: ResolveOptions): Promise<Resolved>;
  /** Notes a call of a model. It never throws and never waits. Gives the event's id. */
  log(inference: Inference): string;
  /** Sends what waits. Whether everything has arrived within the time (10000 ms). */
  flush(options?: { timeoutMs?: number }): Promise<boolean>;
  /** The same, and takes no more. */
  close(options?: { timeoutMs?: number }): Promise<boolean>;
  stats(): LogStatistics;
  feedback(input: FeedbackInput, options?: { signal?: AbortSignal }): Promise<Feedback>;
  /** The client with a `chat.completions.create` that resolves a prompt, and logs what comes of it. */
  wrapOpenAI<Client extends OpenAILike>(client: Client, options?: WrapOptions): Wrapped<Client>;
  /** What was logged for an answer, or a stream, of a wrapped client. */
  inferenceOf(answer: object): LoggedInference | undefined;
  /** For `new OpenAI(promptlab.openAIOptions())`: every call then goes through PromptLab's `/v1`. */
  openAIOptions(): { baseURL: string; apiKey: string };
}

export declare class PromptLabError extends Error {
  constructor(message: string, about: { status?: number | undefined; code: string; requestId?: string | undefined; errors?: FieldError[] | undefined; retryAfterMs?: number | undefined; cause?: unknown });
  /** Of the response; undefined when there was none. */
  readonly status: number | undefined;
  /** The server's code, such as `not_found`; `connection_failed` or `timeout` when there was no answer. */
  readonly code: string;
  readonly requestId: string | undefined;
  readonly errors: FieldError[];
  readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed later. */
  get isUnavailable(): boolean;
  /** Whether the request itself is wrong. */
  get isMistake(): boolean;
}

/** The server was not reached, or the connection broke. */
export declare class ConnectionError extends PromptLabError {
  constructor(cause: unknown);
}

/** The server did not answer in time. */
export declare class TimeoutError extends PromptLabError {
  constructor(timeoutMs: number);
}

/** A new id, sorted by time: a UUID version 7. */
export declare function newId(): string;
