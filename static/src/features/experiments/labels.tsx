/** Words for experiments and canaries that several pages share. */
import { useSession } from "@/api/session";
import type { Environment, Role } from "@/api/types";
import { Badge, type Tone } from "@/ui/badge";
import type { CanaryStatus, ExperimentStatus, Strategy } from "./model";

const STATUS: Record<ExperimentStatus | CanaryStatus, [tone: Tone, word: string]> = {
  active: ["good", "running"],
  running: ["good", "running"],
  paused: ["warn", "paused"],
  killed: ["bad", "killed"],
  stopped: ["neutral", "ended"],
  completed: ["neutral", "completed"],
  rolled_back: ["bad", "rolled back"],
};

export const statusWord = (status: ExperimentStatus | CanaryStatus): string => STATUS[status][1];

export function StatusBadge({ trial }: { trial: { status: ExperimentStatus | CanaryStatus; all_killed: boolean } }) {
  const [tone, word] = STATUS[trial.status];
  const off = trial.all_killed && ["active", "running", "paused"].includes(trial.status);
  return off ? <Badge tone="bad">{word}, all at control</Badge> : <Badge tone={tone}>{word}</Badge>;
}

export const EnvironmentBadge = ({ environment }: { environment: Environment }) => <Badge tone={environment === "production" ? "good" : "accent"}>{environment}</Badge>;

export const STRATEGIES: Record<Strategy, { name: string; hint: string }> = {
  fixed_split: { name: "Fixed split", hint: "Each variant keeps its weight. The clearest comparison." },
  thompson_sampling: { name: "Bandit", hint: "Traffic moves to what does better (Thompson sampling), at most every 15 minutes." },
};

/** What a trial is called, and what has to be typed to confirm. */
export const titleOf = ({ name, prompt_name }: { name: string; prompt_name: string }): string => name || prompt_name;

/** Production takes a publisher, as for promoting. */
export const roleToChange = (environment: Environment): Role => (environment === "production" ? "publisher" : "editor");

/** Who made a change: the id's owner is known only if it is oneself. */
export function Actor({ userId }: { userId: string | null }) {
  const me = useSession().active?.me.user;
  if (userId === null) return <>the schedule</>;
  return me?.id === userId ? <>you</> : <code className="font-mono text-xs">{userId}</code>;
}
