//! Thompson sampling as an allocation: when to change weights, and to what.

use alloc::vec::Vec;

/// All weight, in basis points.
const FULL_BP: u32 = 10_000;

/// The rules of a Thompson-sampling bandit that reallocates in periods.
///
/// Weights are the probabilities of being best ([`crate::probability_best`]), which is what sampling one draw per unit
/// from the posteriors amounts to (Scott, "A modern Bayesian look at the multi-armed bandit", 2010,
/// doi 10.1002/asmb.874), with an additive floor that keeps every arm measurable.
///
/// Learn from [`crate::period_weighted`] estimates ([`crate::Posterior::of`]), not from pooled counts: those settle
/// sooner while rates stand still, but when all rates drift together they chase the drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bandit {
    /// Exposures that every arm needs before weights change.
    pub min_exposures: u64,
    /// Units with a value that every arm needs: of a hundred who were exposed perhaps two have rated.
    pub min_samples: u64,
    /// Seconds between two changes.
    pub min_seconds: u64,
    /// What every arm keeps, in basis points.
    pub floor_bp: u32,
}

impl Default for Bandit {
    /// 100 exposures and 30 samples per arm, 15 minutes, 1 %.
    fn default() -> Self {
        Self { min_exposures: 100, min_samples: 30, min_seconds: 900, floor_bp: 100 }
    }
}

/// Whether weights may change now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// They may.
    Ready,
    /// An arm has had too few exposures.
    TooFewExposures {
        /// The arm that has had fewest.
        arm: usize,
    },
    /// An arm has too few units with a value.
    TooFewSamples {
        /// The arm that has fewest.
        arm: usize,
    },
    /// The last change is too recent.
    TooSoon {
        /// Seconds until the next one.
        wait_seconds: u64,
    },
}

impl Bandit {
    /// Whether weights may change, given the exposures and the units with a value per arm since the experiment began
    /// and the seconds since the last change (`None` before the first).
    pub fn readiness(
        &self,
        exposures: &[u64],
        samples: &[u64],
        seconds_since_last: Option<u64>,
    ) -> Readiness {
        if let Some(arm) = fewest_below(exposures, self.min_exposures) {
            return Readiness::TooFewExposures { arm };
        }
        if let Some(arm) = fewest_below(samples, self.min_samples) {
            return Readiness::TooFewSamples { arm };
        }
        match seconds_since_last {
            Some(seconds) if seconds < self.min_seconds => {
                Readiness::TooSoon { wait_seconds: self.min_seconds - seconds }
            }
            _ => Readiness::Ready,
        }
    }

    /// Weights in basis points, one per arm, that sum to exactly 10,000: w = f + (1 − k f) p, rounded by largest
    /// remainder, the earlier arm first on a tie. `None` when the floors exceed the whole or the probabilities are not
    /// a distribution (they are scaled to sum to 1).
    pub fn weights(&self, probabilities: &[f64]) -> Option<Vec<u32>> {
        let arms = u32::try_from(probabilities.len()).ok()?;
        let free = FULL_BP.checked_sub(self.floor_bp.checked_mul(arms)?)?;
        let total: f64 = probabilities.iter().sum();
        let valid = probabilities.iter().all(|&p| p >= 0.0) && total > 0.0 && total.is_finite();
        if !valid {
            return None;
        }
        let shares: Vec<f64> = probabilities.iter().map(|p| p / total * f64::from(free)).collect();
        Some(round_to_sum(&shares, free).iter().map(|share| share + self.floor_bp).collect())
    }
}

/// The arm with the smallest count, if that is below `least`.
fn fewest_below(counts: &[u64], least: u64) -> Option<usize> {
    let (arm, &count) = counts.iter().enumerate().min_by_key(|&(_, count)| *count)?;
    (count < least).then_some(arm)
}

/// Rounds shares that sum to `sum` to integers that do, by largest remainder (Hamilton's method).
fn round_to_sum(shares: &[f64], sum: u32) -> Vec<u32> {
    let mut rounded: Vec<u32> = shares.iter().map(|&share| whole_part(share)).collect();
    let mut order: Vec<(usize, f64)> =
        shares.iter().map(|share| share - libm::floor(*share)).enumerate().collect();
    // Stable, so the earlier arm keeps a tie.
    order.sort_by(|left, right| right.1.total_cmp(&left.1));
    let missing = u64::from(sum).saturating_sub(rounded.iter().map(|&part| u64::from(part)).sum());
    for (index, _) in order.iter().cycle().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
        if let Some(part) = rounded.get_mut(*index) {
            *part += 1;
        }
    }
    rounded
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares lie between 0 and 10,000"
)]
fn whole_part(share: f64) -> u32 {
    libm::floor(share) as u32
}
