/** A turn: what somebody said and what a model answered, from events while they arrive and from messages afterwards. */
import type { ApiError } from "@/api/errors";
import { PROVIDERS } from "@/api/providers";
import type { StreamEvent } from "@/api/stream";
import type { ChatDelta, ChatDone, ChatError, ChatMeta, ChatUsage, FieldError, Message } from "@/api/types";
import { sentence } from "@/api/errors";

/** `waiting`: nothing has come yet. `reconnecting`: the connection broke off and the rest is being asked for. */
export type AnswerStatus = "waiting" | "streaming" | "reconnecting" | "complete" | "cancelled" | "failed";

export interface Failure {
  code: string;
  detail: string;
  requestId: string | null;
  /** After how many seconds it may be tried again. */
  retryAfter: number | null;
  /** The model's provider lacks a key, or nobody knows its provider: the same request fails until that is mended. */
  needsProvider?: boolean;
}

export interface Answer {
  /** The message's id; null before the server has named it. */
  id: string | null;
  status: AnswerStatus;
  text: string;
  /** The last event that was taken. */
  lastEventId: number;
  requestId: string | null;
  promptId: string | null;
  versionId: string | null;
  experimentId: string | null;
  variant: string | null;
  environment: string | null;
  model: string | null;
  tokensIn: number | null;
  tokensOut: number | null;
  tokensEstimated: boolean;
  cachedTokensIn: number | null;
  costUsd: number | null;
  latencyMs: number | null;
  ttftMs: number | null;
  finishReason: string | null;
  missingVariables: readonly string[];
  /** Earlier messages that the model did not see. */
  droppedMessages: number;
  error: Failure | null;
  /** Somebody asked it to stop. */
  stopping: boolean;
}

export interface Turn {
  key: string;
  /** Null when it is older than what is shown. */
  question: string | null;
  /** It asks the question before it again, for another answer. */
  again: boolean;
  answer: Answer;
}

export const EMPTY_ANSWER: Answer = {
  id: null,
  status: "waiting",
  text: "",
  lastEventId: 0,
  requestId: null,
  promptId: null,
  versionId: null,
  experimentId: null,
  variant: null,
  environment: null,
  model: null,
  tokensIn: null,
  tokensOut: null,
  tokensEstimated: false,
  cachedTokensIn: null,
  costUsd: null,
  latencyMs: null,
  ttftMs: null,
  finishReason: null,
  missingVariables: [],
  droppedMessages: 0,
  error: null,
  stopping: false,
};

/** Whether more may come. */
export const isRunning = ({ status }: Answer): boolean => status === "waiting" || status === "streaming" || status === "reconnecting";

/** The answer after one more event. An event that came already changes nothing: after a break some come twice. */
export function applyEvent(answer: Answer, { id, event, data }: StreamEvent): Answer {
  const number = Number(id);
  if (Number.isFinite(number) && number <= answer.lastEventId) return answer;
  const next = Number.isFinite(number) ? { ...answer, lastEventId: number } : answer;
  switch (event) {
    case "meta":
      return { ...next, ...fromMeta(data as ChatMeta), status: "streaming" };
    case "delta":
      return { ...next, status: "streaming", text: answer.text + (data as ChatDelta).text };
    case "usage":
      return { ...next, ...fromUsage(data as ChatUsage) };
    case "done": {
      const { finish_reason: finishReason } = data as ChatDone;
      return { ...next, finishReason, stopping: false, status: finishReason === "cancelled" ? "cancelled" : "complete" };
    }
    case "error": {
      const { code, detail } = data as ChatError;
      return { ...next, stopping: false, status: "failed", error: { code, detail: sentence(detail), requestId: answer.requestId, retryAfter: null } };
    }
    default:
      return next;
  }
}

function fromMeta(meta: ChatMeta): Partial<Answer> {
  return {
    id: meta.message_id,
    requestId: meta.request_id,
    promptId: meta.prompt_id,
    versionId: meta.version_id,
    experimentId: meta.experiment_id,
    variant: meta.variant,
    model: meta.model,
    missingVariables: meta.missing_variables,
    droppedMessages: meta.context.messages_dropped,
  };
}

function fromUsage(usage: ChatUsage): Partial<Answer> {
  return {
    model: usage.model,
    tokensIn: usage.tokens_in,
    tokensOut: usage.tokens_out,
    tokensEstimated: usage.tokens_estimated,
    cachedTokensIn: usage.cached_tokens_in,
    costUsd: usage.cost_usd,
    latencyMs: usage.latency_ms,
    ttftMs: usage.ttft_ms,
  };
}

/** The request itself was refused, or its connection broke for good. What has come stays. */
export function failed(answer: Answer, error: ApiError): Answer {
  const { code, message, fields, requestId, retryAfter } = error;
  const others = fields.filter((field) => !message.includes(field.detail)).map((field) => sentence(`${field.field}: ${field.detail}`));
  const lacking = fields.find((field) => field.code === "not_configured" || field.code === "unknown_model");
  const detail = lacking ? withoutKey(lacking) : [message, ...others].join(" ");
  return { ...answer, status: "failed", stopping: false, error: { code, detail, requestId: requestId ?? answer.requestId, retryAfter, ...(lacking ? { needsProvider: true } : {}) } };
}

/** A model that cannot be asked, in words for a person: the API tells a program which request would help. */
function withoutKey({ code, detail }: FieldError): string {
  const provider = /a model of (\w+)/.exec(detail)?.[1];
  if (code === "not_configured" && provider) return `This is a model of ${PROVIDERS[provider] ?? provider}, for which your team has no key.`;
  return sentence(detail.replace(/: set one with .*/, ""));
}

/** What is said of a failure of which only the code is kept. */
const FAILURES: Record<string, string> = {
  connect: "The provider could not be reached.",
  timeout_head: "The provider did not respond in time.",
  timeout_first_token: "The model did not begin to answer in time.",
  timeout_idle: "The model fell silent.",
  timeout_total: "The model took too long.",
  rate_limited: "The provider refused: too many requests.",
  refused: "The provider refused the request.",
  context_too_long: "The conversation is too long for the model.",
  authentication: "The provider refused the key that it was given.",
  server_error: "The provider failed.",
  malformed: "What the provider sent could not be read.",
  interrupted: "The provider broke off.",
  circuit_open: "The provider has failed too often in a row; it is asked again soon.",
};

function fromMessage(message: Message): Answer {
  const { error_code: code } = message;
  return {
    ...EMPTY_ANSWER,
    id: message.id,
    status: message.status,
    text: message.content,
    requestId: message.request_id,
    promptId: message.prompt_id,
    versionId: message.version_id,
    experimentId: message.experiment_id,
    variant: message.variant,
    environment: message.environment,
    model: message.model,
    tokensIn: message.tokens_in,
    tokensOut: message.tokens_out,
    cachedTokensIn: message.cached_tokens_in,
    costUsd: message.cost_usd,
    latencyMs: message.latency_ms,
    ttftMs: message.ttft_ms,
    finishReason: message.finish_reason,
    error: code === null ? null : { code, detail: FAILURES[code] ?? "The answer could not be completed.", requestId: message.request_id, retryAfter: null },
  };
}

const NONE: ReadonlySet<string> = new Set();

/** Stored messages as turns, oldest first. `again` are the ids of the answers that were asked for again. */
export function turnsOf(messages: readonly Message[], again: ReadonlySet<string> = NONE): Turn[] {
  const turns: Turn[] = [];
  let question: string | null = null;
  for (const message of messages.toSorted((a, b) => a.position - b.position)) {
    if (message.role === "user") {
      question = message.content;
      continue;
    }
    turns.push({ key: message.id, question, again: again.has(message.id), answer: fromMessage(message) });
    question = null;
  }
  return turns;
}

/** Answers to the same question, asked again right after, are one turn with several answers: the newest last. */
export function groupTurns(turns: readonly Turn[]): Turn[][] {
  const groups: Turn[][] = [];
  for (const turn of turns) {
    const last = groups.at(-1);
    if (last && turn.again && turn.question !== null && last[0]?.question === turn.question) last.push(turn);
    else groups.push([turn]);
  }
  return groups;
}

/** Stored turns with those of this page in their place, and after them those that are not stored yet. */
export function mergeTurns(stored: readonly Turn[], own: readonly Turn[]): Turn[] {
  const ownById = new Map(own.flatMap((turn) => (turn.answer.id ? [[turn.answer.id, turn] as const] : [])));
  const merged = stored.map((turn) => {
    const known = turn.answer.id ? ownById.get(turn.answer.id) : undefined;
    return known ? { ...known, question: turn.question ?? known.question, answer: mergeAnswers(turn.answer, known.answer) } : turn;
  });
  const storedIds = new Set(stored.map(({ answer }) => answer.id));
  return [...merged, ...own.filter(({ answer }) => answer.id === null || !storedIds.has(answer.id))];
}

/**
 * An answer that is being written is ahead of what is stored. Once it has ended there, that is the answer: the server may
 * have gone on after this page had lost it. What is not stored is known by this page alone.
 */
function mergeAnswers(stored: Answer, own: Answer): Answer {
  if (isRunning(own) || isRunning(stored)) return { ...own, environment: stored.environment ?? own.environment };
  const { lastEventId, missingVariables, droppedMessages, tokensEstimated } = own;
  // The provider's own words say more than the code that is kept; that this page was cut off says nothing.
  const error = stored.error && own.error && own.error.code !== "offline" ? own.error : stored.error;
  return { ...stored, lastEventId, missingVariables, droppedMessages, tokensEstimated, error };
}
