//! What was seen of an experiment, added up.

use std::collections::BTreeMap;

use stats::{Estimate, MixedUnits, Moments, SampleRatio, period_weighted};

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
    /// The mean of a metric in every arm; `None` where too few units have a value.
    pub fn estimates(&self, metric: Metric) -> Vec<Option<Estimate>> {
        let periods: Vec<Vec<Moments>> =
            self.periods.iter().map(|period| period.moments(metric, self.arms.len())).collect();
        period_weighted(&periods, metric.outcome()).unwrap_or_else(|| vec![None; self.arms.len()])
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
