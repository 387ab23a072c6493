import { CircleAlert, CircleStop, RotateCcw } from "lucide-react";
import { lazy, memo, Suspense } from "react";
import { count } from "@/lib/format";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { AnswerFeedback } from "./feedback";
import { Facts } from "./facts";
import { type Answer, isRunning, type Turn } from "./turn";

const Markdown = lazy(() => import("./markdown"));

interface TurnViewProps {
  turn: Turn;
  /** The same was asked right before: it need not be read again. */
  repeated: boolean;
  /** Why nothing can be asked now. */
  reason: string | undefined;
  onAskAgain: (question: string) => void;
}

/** A question and its answer. */
export const TurnView = memo(function TurnView({ turn, repeated, reason, onAskAgain }: TurnViewProps) {
  const { question, answer } = turn;
  const again = question === null ? undefined : () => onAskAgain(question);
  return (
    <article aria-label="Question and answer" className="flex flex-col gap-3 py-4">
      {question !== null &&
        (repeated ? (
          <p className="flex items-center justify-end gap-1.5 text-sm text-muted">
            <RotateCcw aria-hidden size={13} /> Asked again
          </p>
        ) : (
          <div dir="auto" className="ms-auto max-w-[85%] rounded-2xl rounded-ee-md bg-accent-ground px-3.5 py-2 break-words whitespace-pre-wrap">
            {question}
          </div>
        ))}
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
            {answer.id && answer.text && <AnswerFeedback messageId={answer.id} />}
          </div>
        </footer>
      )}
    </article>
  );
});

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
