import { ChevronLeft, ChevronRight, CircleAlert, CircleStop, RotateCcw } from "lucide-react";
import { lazy, memo, Suspense, useState } from "react";
import { Link } from "react-router";
import { usePermission } from "@/api/session";
import { count } from "@/lib/format";
import { paths } from "@/paths";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { AnswerFeedback } from "./feedback";
import { Facts } from "./facts";
import { type Answer, isRunning, type Turn } from "./turn";

const Markdown = lazy(() => import("./markdown"));

interface TurnViewProps {
  /** The answers to one question, the newest last. */
  turns: readonly Turn[];
  /** Why nothing can be asked now. */
  reason: string | undefined;
  onAskAgain: (turn: Turn) => void;
}

/** A question and its answers, of which one is shown: the newest, until another one is chosen. */
export const TurnView = memo(function TurnView({ turns, reason, onAskAgain }: TurnViewProps) {
  const [chosen, choose] = useState({ at: 0, of: 0 });
  // What was chosen among fewer answers says nothing about the one that came since.
  const at = chosen.of === turns.length ? chosen.at : turns.length - 1;
  const shown = turns[at];
  if (!shown) return null;
  const { question, answer } = shown;
  const again = question === null ? undefined : () => onAskAgain(shown);
  return (
    <article aria-label="Question and answer" className="flex flex-col gap-3 py-4">
      {question !== null && (
        <div dir="auto" className="ms-auto max-w-[85%] rounded-2xl rounded-ee-md bg-accent-ground px-3.5 py-2 break-words whitespace-pre-wrap">
          {question}
        </div>
      )}
      {turns.length > 1 && <AnswerPager at={at} of={turns.length} onChoose={(next) => choose({ at: next, of: turns.length })} />}
      <AnswerBody answer={answer} />
      {answer.status === "failed" && <FailureRow answer={answer} reason={reason} onRetry={again} />}
      {answer.status === "cancelled" && (
        <p className="flex items-center gap-1.5 text-sm text-muted">
          <CircleStop aria-hidden size={14} /> {answer.text ? "Stopped. What had come is kept." : "Stopped before anything had come."}
        </p>
      )}
      {!isRunning(answer) && (
        <footer className="flex flex-col gap-1.5">
          <Notes answer={answer} />
          <Facts answer={answer} />
          <div className="-ms-1.5 flex flex-wrap items-center">
            {answer.text && <CopyButton text={answer.text} label="Copy the answer" />}
            {again && answer.status !== "failed" && <IconButton label="Ask again" icon={RotateCcw} reason={reason} onClick={again} />}
            {answer.id && answer.text && <AnswerFeedback key={answer.id} messageId={answer.id} />}
          </div>
        </footer>
      )}
    </article>
  );
}, isSame);

/** While an answer grows, the others are not drawn anew. */
function isSame(before: TurnViewProps, after: TurnViewProps): boolean {
  const sameTurns = before.turns.length === after.turns.length && before.turns.every((turn, index) => turn === after.turns[index]);
  return sameTurns && before.reason === after.reason && before.onAskAgain === after.onAskAgain;
}

/** Between the answers to a question that was asked again. All of them stay in the conversation. */
function AnswerPager({ at, of, onChoose }: { at: number; of: number; onChoose: (at: number) => void }) {
  return (
    <div role="group" aria-label="Answers to this question" className="-mb-1 -ms-1.5 flex items-center gap-1 text-sm text-muted">
      <IconButton label="Earlier answer" icon={ChevronLeft} reason={at === 0 ? "This is the first answer." : undefined} onClick={() => onChoose(at - 1)} className="rtl:-scale-x-100" />
      <span className="tabular" aria-live="polite">
        Answer {at + 1} of {of}
      </span>
      <IconButton label="Later answer" icon={ChevronRight} reason={at === of - 1 ? "This is the newest answer." : undefined} onClick={() => onChoose(at + 1)} className="rtl:-scale-x-100" />
      <span className="max-sm:hidden">· the model sees all of them</span>
    </div>
  );
}

function AnswerBody({ answer }: { answer: Answer }) {
  const { text, status, stopping } = answer;
  const running = isRunning(answer);
  return (
    <div aria-busy={running} className="min-w-0">
      {text && (
        <Suspense fallback={<p className="break-words whitespace-pre-wrap">{text}</p>}>
          <Markdown text={text} growing={running} />
        </Suspense>
      )}
      {running && (
        <p role="status" className="mt-2 flex items-center gap-2 text-sm text-muted">
          <span aria-hidden className="size-2 animate-pulse rounded-full bg-accent" />
          {stopping ? "Stopping …" : status === "reconnecting" ? "The connection broke off. Taking it up again …" : text ? "Writing …" : "Thinking …"}
        </p>
      )}
    </div>
  );
}

/** What the reader should know about how the answer came about. */
function Notes({ answer }: { answer: Answer }) {
  const { missingVariables, droppedMessages, finishReason } = answer;
  const notes = [
    missingVariables.length > 0 ? `Without a value: ${missingVariables.join(", ")}. The model saw them as they are written.` : null,
    droppedMessages > 0 ? `The model did not see ${droppedMessages === 1 ? "the oldest message" : `the ${count(droppedMessages)} oldest messages`}: there was no room.` : null,
    finishReason === "length" ? "Cut off: the longest answer that was allowed." : null,
    finishReason === "content_filter" ? "The provider withheld the rest." : null,
  ].filter((note) => note !== null);
  return notes.map((note) => (
    <p key={note} className="text-sm text-warn">
      {note}
    </p>
  ));
}

function FailureRow({ answer, reason, onRetry }: { answer: Answer; reason: string | undefined; onRetry: (() => void) | undefined }) {
  const { error, text } = answer;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg bg-bad-ground px-3 py-2 text-bad">
      <CircleAlert aria-hidden size={16} className="shrink-0" />
      <div className="min-w-0 flex-1 basis-52">
        <p>
          {error?.detail ?? "The answer could not be completed."} {text ? "What had come is kept." : ""}
          {error?.needsProvider && <ProviderHelp />}
          {error?.retryAfter ? ` Try again in ${count(error.retryAfter)} s.` : ""}
        </p>
        {error?.requestId && (
          <p className="flex flex-wrap items-center gap-x-1 text-xs">
            <span className="whitespace-nowrap">{error.code} · request</span> <code className="min-w-0 font-mono wrap-anywhere">{error.requestId}</code>
            <CopyButton text={error.requestId} label="Copy the request id" className="text-bad! size-5!" />
          </p>
        )}
      </div>
      {onRetry && (
        <Button size="small" icon={RotateCcw} reason={reason} onClick={onRetry}>
          Retry
        </Button>
      )}
    </div>
  );
}

/** How a model comes to a key. */
function ProviderHelp() {
  const { allowed } = usePermission("admin");
  if (!allowed) return "Ask an admin of your team to set one, or choose another model.";
  return (
    <>
      <Link to={paths.providers()} className="font-medium underline">
        Set one in Settings
      </Link>
      , or choose another model.
    </>
  );
}
