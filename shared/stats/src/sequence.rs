//! Confidence sequences: intervals that hold at every look at once.

use crate::estimate::Estimate;
use crate::special::float;

/// The error level of automatic decisions.
pub const DEFAULT_ALPHA: f64 = 0.05;

/// The number of samples, over both arms, where an interval should be tightest.
pub const DEFAULT_TIGHTEST_AT: f64 = 5_000.0;

/// A closed interval in the unit of the estimate it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// An asymptotic confidence sequence after Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit
/// theory and asymptotic confidence sequences", arXiv 2103.06476.
///
/// For n observations of variance σ̂² the half-width is
/// σ̂ √( 2 (nρ² + 1) / (n²ρ²) · ln( √(nρ² + 1) / α ) ). Here σ̂² = n · SE² of whatever is estimated, so the same formula
/// serves means, proportions, differences and lifts. With probability 1 − α it covers the truth at all looks together,
/// so one may look, and stop, at any time. ρ is fixed before looking and says where it is tightest; early on it is
/// wide, which also covers for the normal approximation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceSequence {
    alpha: f64,
    rho_squared: f64,
}

impl Default for ConfidenceSequence {
    /// 95 %, tightest at 5,000 samples.
    fn default() -> Self {
        Self::tuned(DEFAULT_ALPHA, DEFAULT_TIGHTEST_AT)
    }
}

impl ConfidenceSequence {
    /// A sequence with error level `alpha` in (0, 1), tightest at `tightest_at` > 0 samples; `None` outside of that.
    pub fn new(alpha: f64, tightest_at: f64) -> Option<Self> {
        let valid = alpha > 0.0 && alpha < 1.0 && tightest_at > 0.0 && tightest_at.is_finite();
        valid.then(|| Self::tuned(alpha, tightest_at))
    }

    /// The same for each of several comparisons that share the error level (Bonferroni). ρ stays as it is: how many
    /// comparisons there are may change on the way, and what was fixed before looking must not.
    pub fn shared_by(&self, comparisons: usize) -> Self {
        let comparisons = float(u64::try_from(comparisons.max(1)).unwrap_or(u64::MAX));
        Self { alpha: self.alpha / comparisons, ..*self }
    }

    /// The error level.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The interval that covers the truth at every look with probability 1 − α. Infinite without samples.
    pub fn two_sided(&self, estimate: &Estimate) -> Interval {
        let half = self.half_width(estimate);
        Interval { low: estimate.value - half, high: estimate.value + half }
    }

    /// The half-width of [`Self::two_sided`].
    pub fn half_width(&self, estimate: &Estimate) -> f64 {
        let growth = libm::sqrt(self.grown(estimate));
        self.scaled(estimate, libm::log(growth / self.alpha))
    }

    /// [`Self::half_width`] in standard errors.
    pub(crate) fn half_width_in_errors(&self, samples: u64) -> f64 {
        self.half_width(&Estimate { value: 0.0, standard_error: 1.0, samples })
    }

    /// What the truth is above, at every look, with probability 1 − α: the one-sided sequence, with
    /// ln( 1 + √(nρ² + 1) / (2α) ) as the last factor.
    pub fn lower_bound(&self, estimate: &Estimate) -> f64 {
        estimate.value - self.one_sided_width(estimate)
    }

    /// What the truth is below, at every look, with probability 1 − α.
    pub fn upper_bound(&self, estimate: &Estimate) -> f64 {
        estimate.value + self.one_sided_width(estimate)
    }

    fn one_sided_width(&self, estimate: &Estimate) -> f64 {
        let growth = libm::sqrt(self.grown(estimate));
        self.scaled(estimate, libm::log1p(growth / (2.0 * self.alpha)))
    }

    fn tuned(alpha: f64, tightest_at: f64) -> Self {
        let level = -2.0 * libm::log(alpha);
        Self { alpha, rho_squared: (level + libm::log1p(level)) / tightest_at }
    }

    /// nρ² + 1.
    fn grown(&self, estimate: &Estimate) -> f64 {
        float(estimate.samples) * self.rho_squared + 1.0
    }

    fn scaled(&self, estimate: &Estimate, logarithm: f64) -> f64 {
        if estimate.samples == 0 {
            return f64::INFINITY;
        }
        // σ̂² = n · SE² cancels one n.
        let spent = float(estimate.samples) * self.rho_squared;
        estimate.standard_error * libm::sqrt(2.0 * (spent + 1.0) / spent * logarithm)
    }
}
