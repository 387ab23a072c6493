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

/// Compares an arm with the control. A difference without spread decides nothing.
pub fn compare(
    control: &Estimate,
    treatment: &Estimate,
    direction: Direction,
    sequence: &ConfidenceSequence,
) -> Comparison {
    let difference = Estimate::difference(control, treatment);
    let interval = sequence.two_sided(&difference);
    let excludes_zero = interval.low > 0.0 || interval.high < 0.0;
    let standing = if difference.standard_error <= 0.0 || !excludes_zero {
        Standing::Undecided
    } else if direction.improvement(difference.value) > 0.0 {
        Standing::Better
    } else {
        Standing::Worse
    };
    Comparison { difference, interval, standing }
}

/// The verdict on arms of which the first is the control.
///
/// Comparisons share the error level (Bonferroni). A failed guardrail comes before everything else, even before the
/// minimum of samples; `min_samples` is per arm.
pub fn verdict(
    arms: &[Option<Estimate>],
    direction: Direction,
    min_samples: u64,
    sequence: &ConfidenceSequence,
    failed_guardrail: Option<usize>,
) -> Verdict {
    if let Some(arm) = failed_guardrail {
        return Verdict::GuardrailFailed { arm };
    }
    let enough = |arm: &Option<Estimate>| arm.is_some_and(|estimate| estimate.samples >= min_samples);
    let Some((Some(control), treatments)) = arms.split_first() else { return Verdict::NotEnoughData };
    if treatments.is_empty() || !arms.iter().all(enough) {
        return Verdict::NotEnoughData;
    }
    let sequence = sequence.shared_by(treatments.len());
    let compared = treatments.iter().flatten().map(|arm| compare(control, arm, direction, &sequence));
    decide((1..).zip(compared), direction)
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
