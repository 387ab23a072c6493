import { describe, expect, test } from "vitest";
import { ApiError } from "@/api/errors";
import type { Message } from "@/api/types";
import { type Answer, applyEvent, EMPTY_ANSWER, failed, groupTurns, isRunning, mergeTurns, turnsOf } from "./turn";

const meta = {
  conversation_id: "conv_1", message_id: "msg_2", user_message_id: "msg_1", request_id: "req_1", prompt_id: null, version_id: null, experiment_id: null,
  variant: "B", model: "offline", estimated_tokens_in: 1, missing_variables: ["name"], context: { messages_kept: 0, messages_dropped: 2, summarised: false }, fallbacks: [],
};
const usage = { model: "offline", tokens_in: 3, tokens_out: 2, cached_tokens_in: 0, tokens_estimated: true, latency_ms: 90, ttft_ms: 20, cost_usd: null };

const after = (...events: [id: number, event: string, data: unknown][]): Answer =>
  events.reduce((answer, [id, event, data]) => applyEvent(answer, { id: String(id), event, data }), EMPTY_ANSWER);

describe("an answer", () => {
  test("grows from events", () => {
    const answer = after([1, "meta", meta], [2, "delta", { text: "Hel" }], [3, "delta", { text: "lo" }], [4, "usage", usage], [5, "done", { finish_reason: "stop" }]);
    expect(answer).toMatchObject({ id: "msg_2", text: "Hello", status: "complete", variant: "B", tokensIn: 3, tokensEstimated: true, ttftMs: 20, droppedMessages: 2, lastEventId: 5 });
    expect(answer.missingVariables).toEqual(["name"]);
  });

  test("takes no event twice", () => {
    expect(after([1, "meta", meta], [2, "delta", { text: "a" }], [2, "delta", { text: "a" }], [1, "meta", meta], [3, "delta", { text: "b" }]).text).toBe("ab");
  });

  test("keeps its text when it is stopped, fails, or its connection breaks", () => {
    const partial = after([1, "meta", meta], [2, "delta", { text: "half" }]);
    const stopped = applyEvent(partial, { id: "3", event: "done", data: { finish_reason: "cancelled" } });
    const refused = applyEvent(partial, { id: "3", event: "error", data: { code: "provider_error", detail: "interrupted" } });
    const broken = failed(partial, new ApiError({ status: 0, code: "offline", detail: "The connection broke off.", requestId: null }));
    expect([stopped, refused, broken].map(({ text, status }) => [text, status])).toEqual([["half", "cancelled"], ["half", "failed"], ["half", "failed"]]);
    expect(refused.error).toEqual({ code: "provider_error", detail: "Interrupted.", requestId: "req_1", retryAfter: null });
    expect(broken.error?.requestId).toBe("req_1");
    expect([partial, stopped, refused].map(isRunning)).toEqual([true, false, false]);
  });

  test("ignores events of kinds to come", () => {
    expect(after([1, "meta", meta], [2, "sources", {}])).toMatchObject({ status: "streaming", lastEventId: 2 });
  });
});

const message = (position: number, role: "user" | "assistant", content: string, more: Partial<Message> = {}): Message => ({
  id: `msg_${position}`, message_id: `msg_${position}`, conversation_id: "conv_1", position, role, content, status: "complete", prompt_id: null, version_id: null, environment: null,
  experiment_id: null, variant: null, model: null, tokens_in: null, tokens_out: null, cached_tokens_in: null, cost_usd: null, latency_ms: null, ttft_ms: null, finish_reason: null,
  error_code: null, request_id: null, created_at: "", completed_at: null, ...more,
});

describe("turns", () => {
  test("are pairs of messages, also where the beginning is missing", () => {
    const turns = turnsOf([message(2, "assistant", "a"), message(3, "user", "q"), message(4, "assistant", "", { status: "failed", error_code: "timeout_idle" })]);
    expect(turns.map(({ question, answer }) => [question, answer.text, answer.error?.detail])).toEqual([[null, "a", undefined], ["q", "", "The model fell silent."]]);
  });

  test("of this page stand in the place of what is stored, and those that are not stored yet at the end", () => {
    const stored = turnsOf([message(1, "user", "q"), message(2, "assistant", "", { status: "streaming", environment: "staging" })]);
    const own = [
      { key: "own-1", question: "q", again: false, answer: after([1, "meta", meta], [2, "delta", { text: "live" }]) },
      { key: "own-2", question: "next", again: false, answer: EMPTY_ANSWER },
    ];
    const merged = mergeTurns(stored, own);
    expect(merged.map(({ key, answer }) => [key, answer.text, answer.environment])).toEqual([["own-1", "live", "staging"], ["own-2", "", null]]);
  });
});

describe("a turn of this page that has ended", () => {
  const offline = { code: "offline", detail: "The connection broke off.", requestId: null, retryAfter: null };
  const own = (more: Partial<Answer>) => [{ key: "own-1", question: "q", again: false, answer: { ...EMPTY_ANSWER, id: "msg_2", missingVariables: ["name"], tokensEstimated: true, ...more } }];
  const stored = (more: Partial<Message>) => turnsOf([message(1, "user", "q"), message(2, "assistant", "all of it", more)]);

  test("is what is stored, once it has ended there: this page may have lost it", () => {
    const [lost] = mergeTurns(stored({ tokens_out: 3 }), own({ status: "failed", text: "all", error: offline }));
    expect(lost?.answer).toMatchObject({ status: "complete", text: "all of it", tokensOut: 3, error: null, missingVariables: ["name"], tokensEstimated: true });
    const [stopped] = mergeTurns(stored({ status: "complete" }), own({ status: "cancelled", text: "" }));
    expect(stopped?.answer).toMatchObject({ status: "complete", text: "all of it" });
  });

  test("stays as it is while the server still writes, and while it is read", () => {
    expect(mergeTurns(stored({ status: "streaming" }), own({ status: "failed", text: "all", error: offline }))[0]?.answer.status).toBe("failed");
    expect(mergeTurns(stored({}), own({ status: "streaming", text: "all" }))[0]?.answer.text).toBe("all");
  });

  test("fails for the reason that the provider gave, not for that of the connection", () => {
    const failedThere = stored({ status: "failed", error_code: "interrupted" });
    const told = { ...offline, code: "provider_error", detail: "The key is out of credit." };
    expect(mergeTurns(failedThere, own({ status: "failed", error: told }))[0]?.answer.error?.detail).toBe("The key is out of credit.");
    expect(mergeTurns(failedThere, own({ status: "failed", error: offline }))[0]?.answer.error?.detail).toBe("The provider broke off.");
  });
});

test("only answers that were asked for again stand together: the same words may be meant twice", () => {
  const turn = (key: string, question: string | null, again = false) => ({ key, question, again, answer: EMPTY_ANSWER });
  const groups = groupTurns([turn("a", null), turn("b", null), turn("c", "go on"), turn("d", "go on"), turn("e", "go on", true), turn("f", "How?"), turn("g", "go on", true)]);
  expect(groups.map((group) => group.map(({ key }) => key).join(""))).toEqual(["a", "b", "c", "de", "f", "g"]);
  const stored = turnsOf([message(1, "user", "q"), message(2, "assistant", "a"), message(3, "user", "q"), message(4, "assistant", "b")], new Set(["msg_4"]));
  expect(groupTurns(stored)).toHaveLength(1);
});

test("a model without a key is explained to a person", () => {
  const refusal = (code: string, detail: string) =>
    failed(EMPTY_ANSWER, new ApiError({ status: 422, code: "validation_failed", detail: `model: ${detail}`, requestId: "req_1", problem: { type: "about:blank", title: "", status: 422, code: "validation_failed", detail, request_id: "req_1", errors: [{ field: "model", code, detail }] } })).error;
  expect(refusal("not_configured", "this is a model of anthropic, for which the team has no key: set one with PUT /api/providers/anthropic, or send the model `offline`, which is built in")).toMatchObject({ detail: "This is a model of Anthropic, for which your team has no key.", needsProvider: true });
  expect(refusal("unknown_model", "no provider is known for this model: set one with PUT /api/providers/{name}, or send the model `offline`, which is built in")).toMatchObject({ detail: "No provider is known for this model.", needsProvider: true });
  expect(refusal("too_long", "at most 200 characters")?.needsProvider).toBeUndefined();
});
