//! Whether traffic split as it should: a broken split makes every other number worthless.

use crate::special::{float, gamma_upper};

/// The p-value below which a split alarms: looking repeatedly at 0.05 cries wolf in 28 % of sound experiments, at
/// 0.001 in 1.7 %.
const ALERT_BELOW: f64 = 0.001;

/// Below this expected count χ² is no longer χ²-distributed (Cochran's rule).
const SMALLEST_EXPECTED: f64 = 5.0;

/// Pearson's χ² test of exposures against the weights in force (Fabijan et al., "Diagnosing sample ratio mismatch in
/// online controlled experiments", 2019, doi 10.1145/3292500.3330722).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRatio {
    /// Σ (observed − expected)² / expected; infinite when an arm of weight 0 has exposures.
    pub chi_squared: f64,
    /// Arms with weight, minus one, summed over periods.
    pub degrees_of_freedom: u64,
    /// The probability of so large a χ² when the split is sound.
    pub p_value: f64,
    /// Whether the p-value is below 0.001.
    pub alert: bool,
}

impl SampleRatio {
    /// Tests one allocation period: exposures and weights (in any unit) per arm. `None` without exposures, without two
    /// weighted arms, or when the lengths differ.
    pub fn test(exposures: &[u64], weights: &[u32]) -> Option<Self> {
        let period = Cells::of(exposures, weights)?;
        Some(Self::from_chi_squared(period.chi_squared, period.freedom))
    }

    /// Tests all allocation periods together: χ² and degrees of freedom add up.
    ///
    /// Periods that expect fewer than five exposures in some arm (a bandit's floor) are first pooled into one, whose
    /// variance is at most that of the pooled weights, so the test errs on the quiet side. `None` when no period can be
    /// tested.
    pub fn over_periods<'a>(periods: impl IntoIterator<Item = (&'a [u64], &'a [u32])>) -> Option<Self> {
        let (mut chi_squared, mut freedom) = (0.0, 0);
        let mut small = Pool::default();
        for (exposures, weights) in periods {
            let Some(cells) = Cells::of(exposures, weights) else { continue };
            if cells.smallest_expected < SMALLEST_EXPECTED && cells.chi_squared.is_finite() {
                small.add(exposures, weights);
            } else {
                chi_squared += cells.chi_squared;
                freedom += cells.freedom;
            }
        }
        if let Some(cells) = small.cells() {
            chi_squared += cells.chi_squared;
            freedom += cells.freedom;
        }
        (freedom > 0).then(|| Self::from_chi_squared(chi_squared, freedom))
    }

    fn from_chi_squared(chi_squared: f64, degrees_of_freedom: u64) -> Self {
        let p_value = gamma_upper(float(degrees_of_freedom) / 2.0, chi_squared / 2.0);
        Self { chi_squared, degrees_of_freedom, p_value, alert: p_value < ALERT_BELOW }
    }
}

/// The χ² of one table.
struct Cells {
    chi_squared: f64,
    freedom: u64,
    smallest_expected: f64,
}

impl Cells {
    fn of(exposures: &[u64], weights: &[u32]) -> Option<Self> {
        if exposures.len() != weights.len() {
            return None;
        }
        let total = float(exposures.iter().sum());
        let all_weights: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let pairs = exposures.iter().zip(weights);
        Self::against(pairs.map(|(&seen, &weight)| (float(seen), total * f64::from(weight) / all_weights)))
    }

    fn against(cells: impl Iterator<Item = (f64, f64)>) -> Option<Self> {
        let mut sum = Self { chi_squared: 0.0, freedom: 0, smallest_expected: f64::INFINITY };
        for (observed, expected) in cells {
            if expected > 0.0 {
                let deviation = observed - expected;
                sum.chi_squared += deviation * deviation / expected;
                sum.freedom += 1;
                sum.smallest_expected = sum.smallest_expected.min(expected);
            } else if observed > 0.0 {
                sum.chi_squared = f64::INFINITY;
            }
        }
        sum.freedom = sum.freedom.checked_sub(1).filter(|&freedom| freedom > 0)?;
        Some(sum)
    }
}

/// Observed and expected exposures per arm, added up over small periods.
#[derive(Default)]
struct Pool {
    cells: alloc::vec::Vec<(f64, f64)>,
}

impl Pool {
    fn add(&mut self, exposures: &[u64], weights: &[u32]) {
        let total = float(exposures.iter().sum());
        let all_weights: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        self.cells.resize(self.cells.len().max(exposures.len()), (0.0, 0.0));
        for (cell, (&seen, &weight)) in self.cells.iter_mut().zip(exposures.iter().zip(weights)) {
            cell.0 += float(seen);
            cell.1 += total * f64::from(weight) / all_weights;
        }
    }

    /// `None` while the pool itself is too small to test.
    fn cells(&self) -> Option<Cells> {
        let cells = Cells::against(self.cells.iter().copied())?;
        (cells.smallest_expected >= SMALLEST_EXPECTED).then_some(cells)
    }
}

/// Units seen in more than one arm: excluded from the statistics, and an alarm above 1 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixedUnits {
    /// The share of exposed units that were seen in more than one arm.
    pub share: f64,
    /// Whether the share is above 1 %.
    pub alert: bool,
}

impl MixedUnits {
    /// Of `exposed` distinct units, `mixed` were seen in more than one arm. `None` when nobody was exposed.
    pub fn new(mixed: u64, exposed: u64) -> Option<Self> {
        let share = float(mixed) / float(exposed);
        (exposed > 0).then_some(Self { share, alert: share > 0.01 })
    }
}
