/**
 * The turns of this page. They outlive the component that began them: one may look at another page while an answer is
 * being written. A connection that breaks off is taken up again where it ended.
 */
import { useSyncExternalStore } from "react";
import { api, apiPath } from "@/api/client";
import { ApiError } from "@/api/errors";
import { queryClient } from "@/api/query-client";
import { currentSession, subscribe as subscribeToSession } from "@/api/session";
import { resume, stream, type StreamEvent } from "@/api/stream";
import type { ChatInput, ChatMeta, StoppedAnswer } from "@/api/types";
import { noteAgain } from "./again";
import { conversationQuery, refreshConversations } from "./queries";
import { type Answer, applyEvent, EMPTY_ANSWER, failed, isRunning, type Turn, turnsOf } from "./turn";

/** Where turns stand until the server has named their conversation. */
const NEW = "new";
/** How long to wait before each attempt to come back to an answer. */
const PAUSES_MS = [300, 1_000, 2_000, 4_000];
/** How long an answer that was told to stop may go on. */
const STOP_MS = 4_000;

interface Run {
  conversation: string;
  turn: Turn;
  abort: AbortController;
}

const NONE: readonly Turn[] = [];
let runs: Run[] = [];
let nextKey = 0;
const shown = new Map<string, readonly Turn[]>();
const listeners = new Set<() => void>();
let isDue = false;

function notifyAll(): void {
  isDue = false;
  for (const conversation of new Set([...runs.map((run) => run.conversation), ...shown.keys()])) {
    const turns = runs.filter((run) => run.conversation === conversation).map(({ turn }) => turn);
    const before = shown.get(conversation) ?? NONE;
    const isSame = before.length === turns.length && turns.every((turn, index) => turn === before[index]);
    if (!isSame) shown.set(conversation, turns);
  }
  for (const listener of listeners) listener();
}

/** Text that arrives is shown once in a frame; everything else at once. */
function change(run: Run, answer: Answer, when: "now" | "frame" = "now"): void {
  run.turn = { ...run.turn, answer };
  if (when === "now") return notifyAll();
  if (isDue) return undefined;
  isDue = true;
  requestAnimationFrame(notifyAll);
  return undefined;
}

/** The turns that began on this page, in a conversation or in one that is still to be made. */
export function useTurns(conversation: string | undefined): readonly Turn[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown.get(conversation ?? NEW) ?? NONE,
  );
}

const current = (conversation: string | undefined): Run | undefined => runs.findLast((run) => run.conversation === (conversation ?? NEW) && isRunning(run.turn.answer));

interface Saying {
  /** It was said already; another answer is wanted. */
  again: boolean;
  /** Hears of the conversation that was made for it. */
  onConversation: (id: string) => void;
}

/** Says something. */
export function say(body: ChatInput, { again, onConversation }: Saying): void {
  const conversation = body.conversation_id ?? NEW;
  if (current(conversation)) return;
  const run: Run = { conversation, turn: { key: `own-${(nextKey += 1)}`, question: body.message, again, answer: EMPTY_ANSWER }, abort: new AbortController() };
  // What began nothing is of no use once something else is said.
  runs = [...runs.filter((other) => other.conversation !== conversation || other.turn.answer.id !== null), run];
  notifyAll();
  void follow(run, stream("/api/chat", body, run.abort.signal), onConversation);
}

/** Comes back to an answer that was being written when the page was left. */
export function comeBack(conversation: string, turn: Turn): void {
  const isKnown = runs.some((run) => run.turn.answer.id === turn.answer.id);
  if (isKnown || turn.answer.id === null) return;
  const run: Run = { conversation, turn: { ...turn, answer: { ...turn.answer, text: "" } }, abort: new AbortController() };
  runs = [...runs, run];
  notifyAll();
  void follow(run, resumed(run));
}

const resumed = ({ turn: { answer }, abort }: Run): AsyncGenerator<StreamEvent> => resume(apiPath`/api/chat/${answer.id ?? ""}/stream`, String(answer.lastEventId), abort.signal);

/** Reads an answer to its end, over as many connections as it takes. */
async function follow(run: Run, first: AsyncGenerator<StreamEvent>, onConversation?: (id: string) => void): Promise<void> {
  let events = first;
  for (let attempt = 0; ; attempt += 1) {
    const before = run.turn.answer.lastEventId;
    let broke = false;
    try {
      for await (const event of events) take(run, event, onConversation);
    } catch (error) {
      if (run.abort.signal.aborted) break;
      broke = true;
      const refusal = error instanceof ApiError && error.status !== 0 ? error : null;
      if (refusal || run.turn.answer.id === null) {
        change(run, failed(run.turn.answer, refusal ?? brokenOff(run.turn.answer.id === null)));
        break;
      }
    }
    if (run.abort.signal.aborted || !isRunning(run.turn.answer)) break;
    if (run.turn.answer.id === null) {
      change(run, failed(run.turn.answer, brokenOff(true)));
      break;
    }
    const isNew = run.turn.answer.lastEventId > before;
    if (isNew) attempt = 0;
    // Nothing is left to be sent: what is stored is the answer.
    else if (!broke && (await takeStored(run))) break;
    const pause = PAUSES_MS[attempt];
    if (pause === undefined) {
      change(run, failed(run.turn.answer, brokenOff(false)));
      break;
    }
    change(run, { ...run.turn.answer, status: "reconnecting" });
    await new Promise((resolve) => setTimeout(resolve, pause));
    events = resumed(run);
  }
  if (runs.includes(run)) void refreshConversations();
}

function take(run: Run, event: StreamEvent, onConversation?: (id: string) => void): void {
  const answer = applyEvent(run.turn.answer, event);
  const name = run.turn.answer.id === null ? answer.id : null;
  if (event.event === "meta" && run.conversation === NEW) {
    run.conversation = (event.data as ChatMeta).conversation_id;
    change(run, answer);
    onConversation?.(run.conversation);
    void refreshConversations();
  } else change(run, answer, event.event === "delta" ? "frame" : "now");
  if (name && run.turn.again) noteAgain(run.conversation, name);
  // Somebody was quicker than the server.
  if (name && answer.stopping) tell(run).catch(() => undefined);
}

/** Whether the answer has ended and is now as it is stored. */
async function takeStored(run: Run): Promise<boolean> {
  const stored = await queryClient.fetchQuery({ ...conversationQuery(run.conversation), staleTime: 0 }).catch(() => null);
  const turn = turnsOf(stored?.messages ?? []).find(({ answer }) => answer.id === run.turn.answer.id);
  if (!turn || isRunning(turn.answer)) return false;
  change(run, { ...turn.answer, lastEventId: run.turn.answer.lastEventId });
  return true;
}

function brokenOff(beforeBegin: boolean): ApiError {
  const detail = beforeBegin ? "The server cannot be reached." : "The connection broke off and could not be taken up again. What had come is kept.";
  return new ApiError({ status: 0, code: "offline", detail, requestId: null });
}

/** Ends the answer that is being written; what has come is kept. Throws when the server could not be told. */
export async function stop(conversation: string | undefined): Promise<void> {
  const run = current(conversation);
  if (!run || run.turn.answer.stopping) return;
  change(run, { ...run.turn.answer, stopping: true });
  // The stream itself says how it ended.
  setTimeout(() => giveUp(run), STOP_MS);
  await tell(run);
}

/** Tells the server, once it has named the answer: until then there is nothing to name. */
async function tell(run: Run): Promise<void> {
  const { id } = run.turn.answer;
  if (id === null) return;
  try {
    await api.post<StoppedAnswer>(apiPath`/api/chat/${id}/stop`, undefined);
  } catch (error) {
    giveUp(run);
    throw error;
  }
}

/** Reads no further. */
function giveUp(run: Run): void {
  if (!isRunning(run.turn.answer)) return;
  run.abort.abort();
  change(run, { ...run.turn.answer, status: "cancelled", stopping: false });
}

/** Another team's turns are not this one's to see. */
function forget(): void {
  for (const { abort } of runs) abort.abort();
  runs = [];
  shown.clear();
  notifyAll();
}

let team = currentSession().active?.me.team.id;
subscribeToSession(() => {
  const now = currentSession().active?.me.team.id;
  if (now !== team) forget();
  team = now;
});
