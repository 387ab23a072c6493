import { CircleAlert, CircleDashed, Equal, OctagonX, TrendingDown, TrendingUp, Trophy } from "lucide-react";
import { count } from "@/lib/format";
import type { Conclusion } from "./conclusion";

const LOOKS = {
  alarm: CircleAlert,
  guardrail_failed: OctagonX,
  not_enough_data: CircleDashed,
  no_difference: Equal,
  leads: TrendingUp,
  winner: Trophy,
  loser: TrendingDown,
};

const TONES = { neutral: "text-muted", good: "text-good", warn: "text-warn", bad: "text-bad" };
const GROUNDS = { neutral: "", good: "bg-good-ground! border-good/40!", warn: "bg-warn-ground! border-warn/40!", bad: "bg-bad-ground! border-bad/40!" };

/** The one sentence that matters. */
export function ConclusionCard({ conclusion }: { conclusion: Conclusion }) {
  const { state, tone, title, detail, progress } = conclusion;
  const Icon = LOOKS[state];
  return (
    <section aria-label="Conclusion" data-state={state} className={`card flex flex-col justify-center gap-2 p-5 ${GROUNDS[tone]}`}>
      <Icon aria-hidden size={24} strokeWidth={1.75} className={TONES[tone]} />
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      <p className="max-w-prose text-pretty">{detail}</p>
      {progress && (
        <div className="mt-1">
          <progress aria-label="Samples of the variant with the fewest" value={progress.have} max={progress.needed} className="sr-only" />
          <div aria-hidden className="h-2 rounded-full bg-hover">
            <div className="h-full rounded-full bg-edge" style={{ width: `${(progress.have / progress.needed) * 100}%` }} />
          </div>
          <p className="tabular mt-1 text-sm text-muted">
            {count(progress.have)} of {count(progress.needed)} samples
          </p>
        </div>
      )}
    </section>
  );
}
