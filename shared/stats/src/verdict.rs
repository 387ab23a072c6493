//! What may be said of an experiment, and done about it without asking anybody.

use crate::estimate::{Direction, Estimate};
use crate::sequence::{ConfidenceSequence, Interval};

/// Where an arm stands against the control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Better at every level the sequence leaves open.
    Better,
    /// Worse at every level the sequence leaves open.
    Worse,
    /// The sequence still holds zero.
    Undecided,
}

/// An arm against the control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Treatment minus control, in the metric's unit.
    pub difference: Estimate,
    /// What the difference may be, valid at every look.
    pub interval: Interval,
    /// The same relative to the control; `None` unless that is positive.
    pub lift: Option<Estimate>,
    /// What the lift may be. It holds zero if and only if `interval` does; `None` where that leaves no end to it, and
    /// without a spread.
    pub lift_interval: Option<Interval>,
    /// What that says.
    pub standing: Standing,
}

/// The verdict on an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Some arm has fewer samples than the minimum.
    NotEnoughData,
    /// No arm is decidedly better than the control, and not every arm is worse.
    NoDifference,
    /// An arm is better than the control; the best of those by its estimate.
    Winner {
        /// Its index.
        arm: usize,
    },
    /// Every arm is worse than the control.
    Loser,
    /// An arm failed a guardrail.
    GuardrailFailed {
        /// Its index.
        arm: usize,
    },
}

impl Interval {
    fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// Compares an arm with the control, by their difference. A difference without spread decides nothing.
pub fn compare(
    control: &Estimate,
    treatment: &Estimate,
    direction: Direction,
    sequence: &ConfidenceSequence,
) -> Comparison {
    let difference = Estimate::difference(control, treatment);
    let interval = sequence.two_sided(&difference);
    let has_spread = difference.standard_error > 0.0;
    let standing = if !has_spread || !interval.excludes_zero() {
        Standing::Undecided
    } else if direction.improvement(difference.value) > 0.0 {
        Standing::Better
    } else {
        Standing::Worse
    };
    let lift = Estimate::relative_lift(control, treatment);
    let lift_interval = lift.filter(|_| has_spread).and_then(|lift| {
        let by_delta = sequence.two_sided(&lift);
        if by_delta.excludes_zero() == interval.excludes_zero() {
            Some(by_delta)
        } else {
            fieller(control, treatment, sequence.half_width_in_errors(difference.samples))
        }
    });
    Comparison { difference, interval, lift, lift_interval, standing }
}

/// The lifts r that a difference of `errors` standard errors does not exclude: |t − (1 + r) c| ≤ k SE(t − (1 + r) c)
/// (Fieller, "Some problems in interval estimation", 1954). Of small or very different means the delta method says
/// something else about zero than the difference does, and there this takes its place. `None` where the control itself
/// may be zero: then there is no largest lift.
fn fieller(control: &Estimate, treatment: &Estimate, errors: f64) -> Option<Interval> {
    let [control_spread, treatment_spread] =
        [control, treatment].map(|arm| errors * errors * arm.standard_error * arm.standard_error);
    let square = control.value * control.value - control_spread;
    let product = control.value * treatment.value;
    let constant = treatment.value * treatment.value - treatment_spread;
    let root = libm::sqrt(product * product - square * constant);
    let interval = Interval { low: (product - root) / square - 1.0, high: (product + root) / square - 1.0 };
    (square > 0.0 && interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
}

/// The verdict on arms, each of which comes with the control as it is compared with it: control first.
///
/// Comparisons share the error level (Bonferroni). A failed guardrail comes before everything else, even before the
/// minimum of samples; `min_samples` is per arm.
pub fn verdict(
    pairs: &[[Option<Estimate>; 2]],
    direction: Direction,
    min_samples: u64,
    sequence: &ConfidenceSequence,
    failed_guardrail: Option<usize>,
) -> Verdict {
    if let Some(arm) = failed_guardrail {
        return Verdict::GuardrailFailed { arm };
    }
    let enough = |arm: &Option<Estimate>| arm.is_some_and(|estimate| estimate.samples >= min_samples);
    if pairs.is_empty() || !pairs.iter().flatten().all(enough) {
        return Verdict::NotEnoughData;
    }
    let sequence = sequence.shared_by(pairs.len());
    let compared = pairs.iter().map(|pair| match pair {
        [Some(control), Some(arm)] => Some(compare(control, arm, direction, &sequence)),
        _ => None,
    });
    decide((1..).zip(compared.flatten()), direction)
}

fn decide(comparisons: impl Iterator<Item = (usize, Comparison)>, direction: Direction) -> Verdict {
    let mut winner: Option<(usize, f64)> = None;
    let mut all_worse = true;
    for (arm, comparison) in comparisons {
        all_worse &= comparison.standing == Standing::Worse;
        let improvement = direction.improvement(comparison.difference.value);
        if comparison.standing == Standing::Better && winner.is_none_or(|(_, best)| improvement > best) {
            winner = Some((arm, improvement));
        }
    }
    match winner {
        Some((arm, _)) => Verdict::Winner { arm },
        None if all_worse => Verdict::Loser,
        None => Verdict::NoDifference,
    }
}
