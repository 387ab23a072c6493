//! Assignment, and the same decision with its reasons shown.

use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::definition::{Arm, CONTROL, Experiment, FULL_BP};
use crate::hash::{self, Seed};

/// Why a unit got its arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Reason {
    /// Drawn by the hash: the only reason that counts as randomised.
    Assigned,
    /// Named in the definition.
    Forced,
    /// The kill switch is on: control.
    Killed,
    /// Outside the coverage: control.
    NotIncluded,
    /// The unit is empty: control.
    NoUnit,
}

/// The arm a unit gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Assignment {
    /// Index into the experiment's arms; always valid for the experiment it came from.
    pub arm: usize,
    /// Why.
    pub reason: Reason,
}

impl Assignment {
    /// Whether chance decided, so that the unit may be counted as an exposure. A forced, killed or uncovered
    /// unit would bias the comparison.
    pub fn is_randomised(self) -> bool {
        self.reason == Reason::Assigned
    }

    fn control(reason: Reason) -> Self {
        Self { arm: CONTROL, reason }
    }
}

/// An assignment with everything that led to it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Explanation {
    /// What [`assign`] answers.
    pub assignment: Assignment,
    /// The inclusion bucket, 0 to 9,999; `None` without a unit.
    pub bucket: Option<u32>,
    /// Whether the bucket is below the coverage.
    pub included: bool,
    /// Every arm in order, also when something else than the scores decided.
    pub arms: Vec<ArmScore>,
}

/// An arm's part in an [`Explanation`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct ArmScore {
    /// The arm's key.
    pub key: String,
    /// The arm's weight in basis points.
    pub weight_bp: u32,
    /// The rendezvous score, of which the smallest wins; `None` for weight 0 or without a unit.
    pub score: Option<f64>,
}

/// The arm of a unit. Allocates nothing; costs one hash for inclusion (none at full coverage), one for the unit
/// and one block of SHA-256 per arm.
pub fn assign(experiment: &Experiment, unit: &str) -> Assignment {
    let definition = experiment.definition();
    if definition.killed {
        return Assignment::control(Reason::Killed);
    }
    if unit.is_empty() {
        return Assignment::control(Reason::NoUnit);
    }
    if let Some(arm) = experiment.forced_arm(unit) {
        return Assignment { arm, reason: Reason::Forced };
    }
    if !includes(experiment, unit) {
        return Assignment::control(Reason::NotIncluded);
    }
    Assignment { arm: winner(experiment, unit), reason: Reason::Assigned }
}

/// The arm of a unit, with its bucket and the score of every arm.
pub fn explain(experiment: &Experiment, unit: &str) -> Explanation {
    let definition = experiment.definition();
    let known = !unit.is_empty();
    let seed = known.then(|| Seed::new(&definition.salt, unit));
    let score_of = |arm: &Arm| ArmScore {
        key: arm.key.clone(),
        weight_bp: arm.weight_bp,
        score: seed.as_ref().and_then(|seed| seed.score(&arm.key, arm.weight_bp)),
    };
    Explanation {
        assignment: assign(experiment, unit),
        bucket: known.then(|| hash::bucket(&definition.salt, unit)),
        included: known && includes(experiment, unit),
        arms: definition.arms.iter().map(score_of).collect(),
    }
}

fn includes(experiment: &Experiment, unit: &str) -> bool {
    let definition = experiment.definition();
    // Full coverage needs no hash: every bucket is below it.
    definition.coverage_bp >= FULL_BP || hash::bucket(&definition.salt, unit) < definition.coverage_bp
}

fn winner(experiment: &Experiment, unit: &str) -> usize {
    let seed = Seed::new(&experiment.definition().salt, unit);
    let mut best = (CONTROL, f64::INFINITY);
    for (index, arm) in experiment.arms().iter().enumerate() {
        // Strictly smaller, so the earlier arm keeps a tie.
        match seed.score(&arm.key, arm.weight_bp) {
            Some(score) if score < best.1 => best = (index, score),
            _ => {}
        }
    }
    best.0
}
