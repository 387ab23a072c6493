//! Guardrails: whether an arm is worse than it may be.

use crate::estimate::{Direction, Estimate, Outcome};
use crate::sequence::ConfidenceSequence;

/// How much worse than the control an arm may be in one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guardrail {
    /// Which way the metric improves.
    pub direction: Direction,
    /// What its values can be.
    pub outcome: Outcome,
    /// The allowed regression relative to the control: 0.1 allows a latency 10 % higher, an approval 10 % lower.
    pub max_relative_regression: f64,
}

/// What a guardrail saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuardrailReading {
    /// The regression relative to the control, positive when worse; `None` when the control is not positive.
    pub regression: Option<f64>,
    /// By how much the regression exceeds what is allowed, in the metric's unit: positive is too bad.
    pub excess: Estimate,
    /// What the excess is above, at every look, with probability 1 − α.
    pub bound: f64,
    /// Whether the bound is above zero: the sequence excludes "no worse than allowed". Never without a spread, nor
    /// below [`Outcome::min_units`] in either arm.
    pub failed: bool,
}

impl Guardrail {
    /// Checks an arm against the control, valid at every look.
    ///
    /// The excess is linear, t − (1 + r) c for a metric that should be low and (1 − r) c − t for one that should be
    /// high, so it also works where a ratio does not: a control without a single error. Shares have no minimum of
    /// samples, because the sequence is wide enough early on: an arm that always fails needs fifteen units.
    pub fn check(
        &self,
        control: &Estimate,
        treatment: &Estimate,
        sequence: &ConfidenceSequence,
    ) -> GuardrailReading {
        let worsening = |change: f64| -self.direction.improvement(change);
        let allowed = 1.0 + worsening(self.max_relative_regression);
        let limit = Estimate {
            value: allowed * control.value,
            standard_error: allowed.abs() * control.standard_error,
            samples: control.samples,
        };
        let mut excess = Estimate::difference(&limit, treatment);
        excess.value = worsening(excess.value);
        let bound = sequence.lower_bound(&excess);
        let relative = (control.value > 0.0).then(|| (treatment.value - control.value) / control.value);
        let fewest = control.samples.min(treatment.samples);
        let is_decidable = excess.standard_error > 0.0 && fewest >= self.outcome.min_units();
        let failed = is_decidable && bound > 0.0;
        GuardrailReading { regression: relative.map(worsening), excess, bound, failed }
    }
}
