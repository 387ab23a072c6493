//! What the schedule does with an experiment.

use serde_json::json;
use stats::{Bandit, Readiness};

use crate::doubt;
use crate::report::{best, check_guardrails};
use crate::{Finding, Guardrail, Metric, Observations};

/// Weights that would change by less than one percentage point stay: every change is a period to keep.
const SMALLEST_CHANGE_BP: u32 = 100;

/// An active experiment, as the schedule finds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial<'a> {
    /// What was seen.
    pub observations: &'a Observations,
    /// What decides.
    pub primary: Metric,
    /// Limits.
    pub guardrails: &'a [Guardrail],
    /// Whether its weights follow what is learned.
    pub is_bandit: bool,
    /// How long the allocation period has lasted.
    pub seconds_in_period: u64,
    /// The first of the periods in which the measurement is judged: whoever resumes it has looked at those before.
    pub trusted_from: usize,
    /// Whether people were told in this period that the measurement is in doubt.
    pub is_alarmed: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ExperimentMove {
    /// Nothing.
    Wait,
    /// An arm is worse than its guardrail allows.
    Stop(Finding),
    /// The measurement cannot be trusted: somebody must look. Until then a bandit's weights stay as they are.
    Alarm(Finding),
    /// New weights, in basis points.
    Reallocate {
        /// By arm; they sum to 10,000.
        weights: Vec<u32>,
        /// Why.
        finding: Finding,
    },
}

/// What to do with an experiment now.
pub fn next_experiment_move(trial: &Trial<'_>) -> ExperimentMove {
    let outcomes = check_guardrails(trial.observations, trial.guardrails);
    if let Some(failed) = outcomes.iter().find(|outcome| outcome.failed) {
        return ExperimentMove::Stop(Finding {
            reason: format!(
                "{} is worse in {} than its guardrail allows",
                failed.variant,
                failed.metric.name()
            ),
            numbers: json!({ "guardrail": failed, "exposures": trial.observations.exposures() }),
        });
    }
    match doubt::doubt(&trial.observations.since(trial.trusted_from)) {
        Some(_) if trial.is_alarmed => ExperimentMove::Wait,
        Some(doubt) => ExperimentMove::Alarm(Finding {
            reason: doubt.reason.to_owned(),
            numbers: json!({ doubt.name: doubt.value, "exposures": trial.observations.exposures() }),
        }),
        None if trial.is_bandit => reallocation(trial),
        None => ExperimentMove::Wait,
    }
}

fn reallocation(trial: &Trial<'_>) -> ExperimentMove {
    let bandit = Bandit::default();
    let exposures = trial.observations.exposures();
    let Some(current) = trial.observations.periods.last() else { return ExperimentMove::Wait };
    let since_last = (trial.observations.periods.len() > 1).then_some(trial.seconds_in_period);
    let samples = trial.observations.samples(trial.primary);
    if bandit.readiness(&exposures, &samples, since_last) != Readiness::Ready {
        return ExperimentMove::Wait;
    }
    let estimates = trial.observations.estimates(trial.primary);
    let Some(probabilities) = best(&estimates, trial.primary) else { return ExperimentMove::Wait };
    let Some(weights) = bandit.weights(&probabilities) else { return ExperimentMove::Wait };
    let changes = weights.iter().zip(&current.weights).map(|(next, before)| next.abs_diff(*before));
    if changes.max().unwrap_or_default() < SMALLEST_CHANGE_BP {
        return ExperimentMove::Wait;
    }
    let means: Vec<Option<f64>> =
        estimates.iter().map(|estimate| estimate.map(|estimate| estimate.value)).collect();
    let finding = Finding {
        reason: "reallocated by the probability of being best".to_owned(),
        numbers: json!({
            "metric": trial.primary, "probability_best": probabilities, "means": means, "exposures": exposures,
            "samples": samples, "weights": weights,
        }),
    };
    ExperimentMove::Reallocate { weights, finding }
}
