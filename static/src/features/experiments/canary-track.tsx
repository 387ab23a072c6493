import { Check, CircleDot, Circle, CircleX, Pause } from "lucide-react";
import { count } from "@/lib/format";
import { roughly } from "./conclusion";
import type { Step, WatchedCanary } from "./model";

type Place = "done" | "here" | "ahead" | "ended";

function placeOf(canary: WatchedCanary, index: number): Place {
  if (canary.state === "completed" || index < canary.step) return "done";
  if (index > canary.step) return "ahead";
  return canary.state === "rolled_back" ? "ended" : "here";
}

const LOOKS = {
  done: { icon: Check, word: "passed", colour: "text-good", bar: "bg-good" },
  here: { icon: CircleDot, word: "now", colour: "text-accent", bar: "bg-hover" },
  ahead: { icon: Circle, word: "to come", colour: "text-muted", bar: "bg-hover" },
  ended: { icon: CircleX, word: "rolled back here", colour: "text-bad", bar: "bg-bad" },
};

/** The steps from left to right, and at the one in force the numbers that it waits for. */
export function CanaryTrack({ canary }: { canary: WatchedCanary }) {
  return (
    <ol aria-label="Steps" className="grid gap-x-2 gap-y-5 sm:grid-flow-col sm:auto-cols-fr">
      {canary.steps.map((step, index) => (
        <TrackStep key={index} canary={canary} step={step} index={index} />
      ))}
      <TrackEnd canary={canary} />
    </ol>
  );
}

function TrackStep({ canary, step, index }: { canary: WatchedCanary; step: Step; index: number }) {
  const place = placeOf(canary, index);
  const paused = place === "here" && canary.state === "paused";
  const { icon, word, colour, bar } = LOOKS[place];
  const Icon = paused ? Pause : icon;
  const gates = place === "here" && canary.waiting_for ? gatesOf(canary.waiting_for, step) : [];
  const progress = gates.length === 0 ? 1 : Math.min(...gates.map(({ share }) => share));
  return (
    <li aria-current={place === "here" ? "step" : undefined} className="flex min-w-0 flex-col gap-1.5">
      <div aria-hidden className={`h-1.5 overflow-hidden rounded-full ${bar}`}>
        {place === "here" && <div className="h-full bg-accent" style={{ width: `${progress * 100}%` }} />}
      </div>
      <p className={`flex items-center gap-1.5 text-sm ${colour}`}>
        <Icon aria-hidden size={15} />
        {paused ? "paused here" : word}
      </p>
      <p className="tabular text-xl font-semibold">{step.percent} %</p>
      {gates.length > 0 ? (
        <ul className="flex flex-col gap-1 text-sm">
          {gates.map(({ text, met }) => (
            <li key={text} className="tabular flex items-start gap-1.5">
              {met ? <Check aria-label="met" size={14} className="mt-0.5 shrink-0 text-good" /> : <Circle aria-label="not met" size={14} className="mt-0.5 shrink-0 text-muted" />}
              {text}
            </li>
          ))}
        </ul>
      ) : (
        <p className="tabular text-sm text-muted">{conditions(step)}</p>
      )}
    </li>
  );
}

function TrackEnd({ canary }: { canary: WatchedCanary }) {
  const done = canary.state === "completed";
  const Icon = done ? Check : Circle;
  return (
    <li className="flex min-w-0 flex-col gap-1.5">
      <div aria-hidden className={`h-1.5 rounded-full ${done ? "bg-good" : "bg-hover"}`} />
      <p className={`flex items-center gap-1.5 text-sm ${done ? "text-good" : "text-muted"}`}>
        <Icon aria-hidden size={15} />
        {done ? "live" : canary.state === "rolled_back" ? "not reached" : "then live"}
      </p>
      <p className="tabular text-xl font-semibold">100 %</p>
      <p className="text-sm text-muted">v{canary.version_number ?? "?"} for everybody</p>
    </li>
  );
}

interface Gate {
  text: string;
  met: boolean;
  share: number;
}

/** What the step in force still needs, and what it has. */
function gatesOf(waiting: NonNullable<WatchedCanary["waiting_for"]>, step: Step): Gate[] {
  const gates: Gate[] = [];
  const { samples, min_samples: needed, remaining_ms: remaining } = waiting;
  if (needed > 0) gates.push({ text: `${count(samples)} of ${count(needed)} samples`, met: samples >= needed, share: Math.min(1, samples / needed) });
  if (step.min_minutes > 0) {
    const all = step.min_minutes * 60_000;
    gates.push({ text: remaining > 0 ? `${roughly(remaining)} of ${count(step.min_minutes)} min left` : `${count(step.min_minutes)} min are over`, met: remaining === 0, share: Math.max(0, Math.min(1, (all - remaining) / all)) });
  }
  return gates;
}

function conditions({ min_samples: samples, min_minutes: minutes }: Step): string {
  const words = [samples > 0 && `${count(samples)} samples`, minutes > 0 && `${count(minutes)} min`].filter(Boolean);
  return words.length > 0 ? words.join(", ") : "no condition";
}
