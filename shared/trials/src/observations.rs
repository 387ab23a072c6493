//! What was seen of an experiment, added up.

use std::collections::BTreeMap;

use stats::{Estimate, MixedUnits, Moments, SampleRatio, period_weighted_of};

use crate::Metric;

/// What was seen, period by period. Arms are known by their positions, the control first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observations {
    /// The arms' names.
    pub arms: Vec<String>,
    /// The allocation periods, the oldest first.
    pub periods: Vec<PeriodObservations>,
}

/// What was seen of the units that were first exposed in one allocation period. Lists are by arm.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeriodObservations {
    /// The period's number.
    pub period: i64,
    /// The weights in force, in basis points.
    pub weights: Vec<u32>,
    /// The share of all units that took part, in basis points.
    pub coverage: u32,
    /// Exposed units.
    pub exposures: Vec<u64>,
    /// Those of them that met a second arm in the same period: a defect, and in no metric.
    pub in_two_arms: Vec<u64>,
    /// Each metric over the units that have a value.
    pub metrics: BTreeMap<Metric, Vec<Moments>>,
}

/// How much worse than the control an arm may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guardrail {
    /// In which metric.
    pub metric: Metric,
    /// 0.1 allows a latency 10 % higher, an approval 10 % lower.
    pub max_relative_regression: f64,
}

impl Observations {
    /// The mean of a metric in every arm; `None` where too few units have a value. Arms that have a weight now, and the
    /// control, are seen over the periods in which all of them had one; an arm that has none any more over those that
    /// it shares with the control, and what shares none over its own.
    pub fn estimates(&self, metric: Metric) -> Vec<Option<Estimate>> {
        let weights = self.periods.last().map(|period| period.weights.as_slice()).unwrap_or_default();
        let is_together = |arm: usize| arm == 0 || weights.get(arm).is_some_and(|weight| *weight > 0);
        let together: Vec<usize> = (0..self.arms.len()).filter(|arm| is_together(*arm)).collect();
        let mut estimates = vec![None; self.arms.len()];
        for (arm, estimate) in together.iter().zip(self.weighted(metric, &together)) {
            if let Some(place) = estimates.get_mut(*arm) {
                *place = estimate;
            }
        }
        for (arm, place) in estimates.iter_mut().enumerate() {
            let with_control = || self.pair(metric, arm).into_iter().next_back().flatten();
            let alone = || self.weighted(metric, &[arm]).pop().flatten();
            *place = place.or_else(with_control).or_else(alone);
        }
        estimates
    }

    /// The control and an arm over the periods in which both had a weight: what a comparison of the two rests on.
    pub fn pair(&self, metric: Metric, arm: usize) -> [Option<Estimate>; 2] {
        self.weighted(metric, &[0, arm]).try_into().unwrap_or_default()
    }

    /// [`Self::pair`] of each arm but the control.
    pub fn pairs(&self, metric: Metric) -> Vec<[Option<Estimate>; 2]> {
        (1..self.arms.len()).map(|arm| self.pair(metric, arm)).collect()
    }

    fn weighted(&self, metric: Metric, arms: &[usize]) -> Vec<Option<Estimate>> {
        let has_all = |period: &&PeriodObservations| {
            arms.iter().all(|arm| period.weights.get(*arm).is_some_and(|weight| *weight > 0))
        };
        let periods: Vec<Vec<Moments>> = self
            .periods
            .iter()
            .filter(has_all)
            .map(|period| period.moments(metric, self.arms.len()))
            .collect();
        period_weighted_of(&periods, arms, metric.outcome()).unwrap_or_else(|| vec![None; arms.len()])
    }

    /// The units of every arm that have a value.
    pub fn samples(&self, metric: Metric) -> Vec<u64> {
        let mut samples = vec![0; self.arms.len()];
        for period in &self.periods {
            for (sum, moments) in samples.iter_mut().zip(period.moments(metric, self.arms.len())) {
                *sum += moments.count;
            }
        }
        samples
    }

    /// The exposed units of every arm.
    pub fn exposures(&self) -> Vec<u64> {
        self.added(|period| &period.exposures)
    }

    /// The units of every arm that met a second one.
    pub fn in_two_arms(&self) -> Vec<u64> {
        self.added(|period| &period.in_two_arms)
    }

    /// The share of units that met two arms; `None` before anybody was exposed.
    pub fn mixed(&self) -> Option<MixedUnits> {
        MixedUnits::new(self.in_two_arms().iter().sum(), self.exposures().iter().sum())
    }

    /// Whether traffic split as it should, over all periods.
    pub fn sample_ratio(&self) -> Option<SampleRatio> {
        let periods = self.periods.iter();
        SampleRatio::over_periods(periods.map(|period| (&*period.exposures, &*period.weights)))
    }

    /// Where the coverage that is in force began: the index of its first period.
    pub fn covered_from(&self) -> usize {
        let coverage = self.periods.last().map(|period| period.coverage);
        let before = self.periods.iter().rposition(|period| Some(period.coverage) != coverage);
        before.map_or(0, |before| before + 1)
    }

    /// The same without the periods before the one at this index.
    pub fn since(&self, index: usize) -> Self {
        Self { arms: self.arms.clone(), periods: self.periods.iter().skip(index).cloned().collect() }
    }

    fn added(&self, counts: impl Fn(&PeriodObservations) -> &Vec<u64>) -> Vec<u64> {
        let mut sums = vec![0; self.arms.len()];
        for period in &self.periods {
            for (sum, count) in sums.iter_mut().zip(counts(period)) {
                *sum += count;
            }
        }
        sums
    }
}

impl PeriodObservations {
    fn moments(&self, metric: Metric, arms: usize) -> Vec<Moments> {
        self.metrics.get(&metric).cloned().unwrap_or_else(|| vec![Moments::default(); arms])
    }
}
