/** What an experiment's numbers say, in words. */
import { count, percent, plural } from "@/lib/format";
import { lift, likely, metricName } from "./metrics";
import type { ArmResult, Experiment, Metric, Results } from "./model";

export interface Conclusion {
  state: "alarm" | "guardrail_failed" | "not_enough_data" | "no_difference" | "leads" | "winner" | "loser";
  tone: "neutral" | "good" | "warn" | "bad";
  title: string;
  detail: string;
  /** While there is not enough: what the arm with the fewest samples has, of what it needs. */
  progress?: { have: number; needed: number; remainingMs: number | null };
  /** The arm to decide for. */
  winner?: ArmResult;
}

/** What of an experiment its conclusion depends on. */
type Judged = Pick<Experiment, "created_at" | "status" | "ended_at" | "all_killed">;

const SUSPECT = "Until the cause is found, nothing below can be relied on. Usual causes: an application that caches one answer for all users, or sends some users elsewhere.";

/** A traffic split that went wrong comes before everything: no number can be believed then. */
export function conclude(results: Results, experiment: Judged, now: number): Conclusion {
  if (results.srm.alert) {
    return { state: "alarm", tone: "bad", title: "Traffic does not split as planned", detail: `A split this far from the weights happens by chance in ${chance(results.srm.p_value)}. ${SUSPECT}` };
  }
  if (results.in_two_arms.alert) {
    const { units, share } = results.in_two_arms;
    return { state: "alarm", tone: "bad", title: "Users see more than one variant", detail: `${plural(units, "user")} (${percent(share)}) met two variants and ${units === 1 ? "is" : "are"} left out; above 1 % that is an alarm. Send the same user id with every request of a user.` };
  }
  const metric = results.primary_metric;
  switch (results.verdict) {
    case "guardrail_failed":
      return guardrailFailed(results);
    case "not_enough_data":
      return notEnough(results, experiment, now);
    case "winner":
      return winner(results, metric);
    case "loser":
      return {
        state: "loser",
        tone: "warn",
        title: "The control is best",
        detail: `Every other variant is worse in ${nameOf(metric)}, with ${certainty(results)} certainty. Stop the experiment and keep what is live.`,
      };
    case "no_difference":
      return undecided(results, metric);
  }
}

/** Of a few stars, milliseconds or dollars nothing is concluded; of shares two are enough. */
const FEWEST_VALUES = 30;
const SHARES: ReadonlySet<Metric> = new Set(["approval", "error_rate"]);

const nameOf = (metric: Metric | null): string => (metric ? metricName(metric).toLowerCase() : "its metric");
const certainty = ({ alpha }: Results): string => `${Math.round((1 - alpha) * 100)} %`;
const chance = (p: number): string => (p < 1e-6 ? "fewer than 1 of 1,000,000 cases" : `1 of ${count(1 / p)} cases`);

function guardrailFailed(results: Results): Conclusion {
  const failed = results.guardrails.find((outcome) => outcome.failed);
  const arm = failed?.variant ?? results.verdict_variant ?? "A variant";
  const detail = failed
    ? `${metricName(failed.metric)} is ${failed.regression === null ? "worse" : `${lift(Math.abs(failed.regression)).slice(1)} worse`} than the control's; ${percent(failed.max_relative_regression, 0)} is allowed.`
    : "It is worse than its guardrail allows.";
  return { state: "guardrail_failed", tone: "bad", title: `${arm} failed a guardrail`, detail };
}

/** From here on a variant is said to lead. */
const LEADS = 0.9;

/** Nothing is decided. That one is likely the best is no contradiction, but has to be said. */
function undecided(results: Results, metric: Metric | null): Conclusion {
  const leader = results.variants.find(({ probability_best }) => probability_best !== null && probability_best >= LEADS);
  if (leader) {
    return {
      state: "leads",
      tone: "neutral",
      title: `${leader.name} leads, not certain yet`,
      detail: `It is the best in ${nameOf(metric)} with a probability of ${likely(leader.probability_best ?? 0)}, but a difference from the control is not certain at ${certainty(results)}. Waiting longer decides; you may look as often as you like.`,
    };
  }
  return {
    state: "no_difference",
    tone: "neutral",
    title: "No difference so far",
    detail: `No variant differs from the control in ${nameOf(metric)} with ${certainty(results)} certainty. Waiting longer shows smaller differences; you may look as often as you like.`,
  };
}

function winner(results: Results, metric: Metric | null): Conclusion {
  const arm = results.variants.find(({ name }) => name === results.verdict_variant);
  const by = arm?.relative_lift === null || arm === undefined ? "" : `: ${lift(arm.relative_lift)}`;
  return {
    state: "winner",
    tone: "good",
    title: `${results.verdict_variant ?? "A variant"} wins`,
    detail: `It is better than the control in ${nameOf(metric)}${by}, with ${certainty(results)} certainty.`,
    ...(arm ? { winner: arm } : {}),
  };
}

function notEnough(results: Results, experiment: Judged, now: number): Conclusion {
  const least = results.variants.reduce<ArmResult | undefined>((low, arm) => (low && low.samples <= arm.samples ? low : arm), undefined);
  const have = least?.samples ?? 0;
  const needed = Math.max(results.min_samples, results.primary_metric && SHARES.has(results.primary_metric) ? 2 : FEWEST_VALUES);
  const ended = experiment.status === "stopped";
  const off = !ended && (experiment.status === "killed" || experiment.all_killed);
  const running = experiment.status === "active" && !off;
  const remainingMs = running ? timeLeft(have, needed, now - Date.parse(experiment.created_at)) : null;
  const fewest = least ? `${least.name} has ${plural(have, "sample")} of the ${count(needed)} that each variant needs.` : "";
  const exposed = results.variants.reduce((sum, arm) => sum + arm.exposures, 0);
  const rest = exposed === 0 ? "Nobody has met it yet. Users take part when an application resolves the prompt with a user id." : `${fewest}${remainingMs === null ? "" : ` At the rate so far that takes ${roughly(remainingMs)}.`}`;
  const progress = { have: Math.min(have, needed), needed, remainingMs };
  if (off) return { state: "not_enough_data", tone: "neutral", title: "It is switched off", detail: `Nobody takes part until it is switched on again. ${exposed === 0 ? "Nobody has met it yet." : fewest}`.trim(), progress };
  return {
    state: "not_enough_data",
    tone: "neutral",
    title: ended ? "It ended without enough data" : exposed === 0 ? "Waiting for the first user" : "Not enough data yet",
    detail: ended ? fewest : rest,
    progress,
  };
}

/** How long until there are enough, if it goes on like this; null before anything can be said. */
export function timeLeft(have: number, needed: number, elapsedMs: number): number | null {
  if (have === 0 || elapsedMs <= 0) return null;
  return Math.max(0, ((needed - have) * elapsedMs) / have);
}

/** "about 3 hours", in the one unit that matters. */
export function roughly(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return "less than a minute";
  if (minutes < 90) return `about ${plural(Math.round(minutes), "minute")}`;
  if (minutes < 36 * 60) return `about ${plural(Math.round(minutes / 60), "hour")}`;
  return `about ${plural(Math.round(minutes / 1440), "day")}`;
}

/** The share of exposures that each arm got, beside what it should have. */
export function shares(variants: readonly ArmResult[]): { name: string; exposures: number; observed: number | null }[] {
  const total = variants.reduce((sum, arm) => sum + arm.exposures, 0);
  return variants.map(({ name, exposures }) => ({ name, exposures, observed: total === 0 ? null : exposures / total }));
}
