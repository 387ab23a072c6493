//! What the schedule does with a canary.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::doubt;
use crate::report::{GuardrailOutcome, check_guardrails};
use crate::{Finding, Guardrail, Metric, Observations};

/// Without anything new for so long, something is broken.
const LONGEST_SILENCE_MS: i64 = 24 * 60 * 60 * 1_000;
const CANARY: usize = 1;

/// A step on the way to everybody.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Samples that the canary needs before the next step, counted since a step last took in new units: beyond one
    /// half everybody takes part, and hardly anybody new can come.
    pub min_samples: u64,
    /// Minutes that this step lasts at least.
    pub min_minutes: i64,
}

/// A canary that is not over, as the schedule finds it. Times are milliseconds by one clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Canary<'a> {
    /// What was seen: control and canary.
    pub observations: &'a Observations,
    /// Limits.
    pub guardrails: &'a [Guardrail],
    /// Its steps.
    pub steps: &'a [Step],
    /// Where it is in them.
    pub step: usize,
    /// The first of the periods in which the measurement is judged: whoever resumes a canary has looked at those
    /// before. Guardrails are judged by all.
    pub trusted_from: usize,
    /// Whether it waits for a person: then only guardrails are checked.
    pub is_paused: bool,
    /// What is live.
    pub live: Live,
    /// Now.
    pub now_ms: i64,
    /// When the step began.
    pub step_started_ms: i64,
    /// When the last of its events was, or its state changed.
    pub last_news_ms: i64,
}

/// What the pointer says, which people may have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    /// What the canary was begun, or resumed, against.
    Control,
    /// The canary's own version.
    Canary,
    /// Something else.
    Other,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum CanaryMove {
    /// Nothing yet.
    Wait(Waiting),
    /// To the step of this index.
    Advance(usize, Finding),
    /// Every step is done, or somebody was faster: the version goes live, if it is not.
    Complete(Finding),
    /// The measurement cannot be trusted: somebody must look.
    Pause(Finding),
    /// It is worse than its guardrails allow.
    RollBack(Finding),
}

/// What a step still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// What the canary has.
    pub samples: u64,
    /// What it needs.
    pub min_samples: u64,
    /// Milliseconds until the step has lasted as long as it must.
    pub remaining_ms: i64,
    /// Whether it waits for a person.
    pub paused: bool,
}

/// What to do with a canary now. A version that is live already has nothing more to pass. Else a failed guardrail comes
/// first, then doubts about the measurement, then the steps.
pub fn next_canary_move(canary: &Canary<'_>) -> CanaryMove {
    if canary.live == Live::Canary {
        let reason = "its version was promoted meanwhile".to_owned();
        return CanaryMove::Complete(canary.finding(reason, "guardrails", json!(canary.outcomes())));
    }
    let outcomes = check_guardrails(canary.observations, canary.guardrails);
    if let Some(failed) = outcomes.iter().find(|outcome| outcome.failed) {
        let reason = format!("it is worse in {} than its guardrail allows", failed.metric.name());
        return CanaryMove::RollBack(canary.finding(reason, "guardrail", json!(failed)));
    }
    let waiting = canary.waiting();
    if canary.is_paused {
        return CanaryMove::Wait(waiting);
    }
    if let Some(doubt) = doubt(canary) {
        return CanaryMove::Pause(doubt);
    }
    if waiting.samples < waiting.min_samples || waiting.remaining_ms > 0 {
        return CanaryMove::Wait(waiting);
    }
    let passed = |reason: &str| canary.finding(reason.to_owned(), "guardrails", json!(outcomes));
    let next = canary.step + 1;
    if next < canary.steps.len() {
        CanaryMove::Advance(next, passed("the step is passed"))
    } else {
        CanaryMove::Complete(passed("every step is passed"))
    }
}

fn doubt(canary: &Canary<'_>) -> Option<Finding> {
    if canary.live == Live::Other {
        // Completing would undo what somebody has just made live, and nothing was learned of it.
        let reason = "another version was promoted meanwhile: resume to go on against that".to_owned();
        return Some(canary.finding(reason, "control_moved", json!(true)));
    }
    if let Some(doubt) = doubt::doubt(&canary.observations.since(canary.trusted_from)) {
        return Some(canary.finding(doubt.reason.to_owned(), doubt.name, doubt.value));
    }
    let silent_ms = canary.now_ms - canary.last_news_ms;
    (silent_ms >= LONGEST_SILENCE_MS).then(|| {
        canary.finding("there was no traffic for 24 hours".to_owned(), "silent_ms", json!(silent_ms))
    })
}

impl Canary<'_> {
    /// What the step still needs. A sample is a unit with a value in every metric that a guardrail watches; without
    /// guardrails, an exposed one.
    pub fn waiting(&self) -> Waiting {
        let step = self.steps.get(self.step);
        let in_canary = |counts: Vec<u64>| counts.get(CANARY).copied().unwrap_or_default();
        let watched: Vec<Metric> = self.guardrails.iter().map(|guardrail| guardrail.metric).collect();
        let counted = self.observations.since(self.observations.covered_from());
        let samples = watched.iter().map(|metric| in_canary(counted.samples(*metric))).min();
        let ends_ms = self.step_started_ms + step.map_or(0, |step| step.min_minutes).saturating_mul(60_000);
        Waiting {
            samples: samples.unwrap_or_else(|| in_canary(counted.exposures())),
            min_samples: step.map_or(0, |step| step.min_samples),
            remaining_ms: (ends_ms - self.now_ms).max(0),
            paused: self.is_paused,
        }
    }

    /// Each guardrail as it stands.
    pub fn outcomes(&self) -> Vec<GuardrailOutcome> {
        check_guardrails(self.observations, self.guardrails)
    }

    fn finding(&self, reason: String, name: &str, value: Value) -> Finding {
        let mut numbers = json!({
            "step": self.step,
            "exposures": self.observations.exposures(),
            "minutes_in_step": (self.now_ms - self.step_started_ms) / 60_000,
        });
        if let Some(members) = numbers.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
        Finding { reason, numbers }
    }
}
