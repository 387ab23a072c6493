import { dateTime } from "@/lib/format";
import { RelativeTime } from "@/ui/time";
import { numbersInWords } from "./history";
import { Actor } from "./labels";
import type { Transition } from "./model";

const WORDS: Record<string, string> = {
  create: "started",
  pause: "paused",
  resume: "resumed",
  kill: "killed",
  stop: "stopped",
  change: "changed",
  alarm: "raised an alarm",
  reallocate: "moved the traffic",
  advance: "went on to the next step",
  roll_back: "rolled back",
  promote: "promoted",
  complete: "completed",
};

/** What happened, the newest first, with the numbers that decided it. */
export function TrialHistory({ history }: { history: Transition[] }) {
  return (
    <ol className="flex flex-col">
      {history.toReversed().map((transition) => {
        const numbers = numbersInWords(transition.numbers);
        return (
          <li key={`${transition.at} ${transition.revision} ${transition.action}`} className="relative flex flex-col gap-0.5 border-s border-line ps-4 pb-4 last:pb-0">
            <span aria-hidden className="absolute -start-1 top-1.5 size-2 rounded-full bg-edge" />
            <p>
              <Actor userId={transition.user_id} /> <span className="font-medium">{WORDS[transition.action] ?? transition.action.replaceAll("_", " ")}</span> {transition.action === "create" ? "it" : ""}
              {transition.step !== null && transition.action === "advance" && ` (step ${transition.step + 1})`}
              <span className="text-muted" title={dateTime(transition.at)}>
                {" · "}
                <RelativeTime time={transition.at} />
              </span>
            </p>
            {transition.reason && (
              <p dir="auto" className="text-sm break-words text-muted">
                {transition.reason}
              </p>
            )}
            {numbers && <p className="tabular text-sm break-words text-muted">{numbers}</p>}
          </li>
        );
      })}
    </ol>
  );
}
