//! From aggregates to estimates with standard errors.

use crate::special::float;

/// Which way a metric improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Approval, rating.
    HigherIsBetter,
    /// Latency, cost, error rate.
    LowerIsBetter,
}

impl Direction {
    /// A change of the metric as an improvement: positive is better.
    pub fn improvement(self, change: f64) -> f64 {
        match self {
            Self::HigherIsBetter => change,
            Self::LowerIsBetter => -change,
        }
    }
}

/// What a metric's values can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Between 0 and 1 per unit: approval, error rate. Equal values still leave doubt (none of ten failed).
    Share,
    /// Any real number: rating, latency, cost.
    Real,
}

impl Outcome {
    /// The units that an arm needs before anything is decided by itself. Of a few stars or milliseconds that happen to
    /// agree the spread says nothing; a share's is never taken for less than a uniform prior leaves.
    pub const fn min_units(self) -> u64 {
        match self {
            Self::Share => 0,
            Self::Real => 30,
        }
    }
}

/// The aggregate of one metric over the units of one arm: all that any statistic here needs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// How many units have a value.
    pub count: u64,
    /// The sum of their values.
    pub sum: f64,
    /// The sum of the squares of their values.
    pub sum_of_squares: f64,
}

impl Moments {
    /// The aggregate of `count` units of which `successes` have the value 1 and the others 0.
    pub fn binary(successes: u64, count: u64) -> Self {
        Self { count, sum: float(successes), sum_of_squares: float(successes) }
    }

    /// Adds one unit's value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.sum_of_squares += value * value;
    }

    /// The aggregate of both.
    pub fn merged(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            sum_of_squares: self.sum_of_squares + other.sum_of_squares,
        }
    }

    /// The mean; `None` without a unit.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / float(self.count))
    }

    /// The sum of squared deviations from the mean.
    pub(crate) fn squared_deviations(&self) -> f64 {
        let deviations = self.sum_of_squares - self.sum * self.sum / float(self.count.max(1));
        // What cancellation leaves of equal values is not a spread.
        if deviations <= self.sum_of_squares * 1e-14 { 0.0 } else { deviations }
    }
}

/// A quantity with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The quantity, in the metric's unit (a lift is relative: 0.1 is +10 %).
    pub value: f64,
    /// Its standard error, in the same unit.
    pub standard_error: f64,
    /// How many units it rests on, over both arms for a comparison.
    pub samples: u64,
}

impl Estimate {
    /// The mean of one arm, with the unbiased variance. `None` below two units, or when the sums are not finite.
    pub fn mean(moments: &Moments, outcome: Outcome) -> Option<Self> {
        let value = moments.mean()?;
        let freedom = moments.count.checked_sub(1).filter(|&freedom| freedom > 0)?;
        let variance = moments.squared_deviations() / float(freedom);
        let variance = undegenerate(variance, moments, outcome);
        Self::new(value, variance / float(moments.count), moments.count)
    }

    /// A proportion, with the variance p (1 − p). `None` without trials or with more successes than trials.
    ///
    /// With no success, or nothing else, that variance would be zero and every interval empty; there the variance of
    /// (successes + 1) / (trials + 2) stands in.
    pub fn proportion(successes: u64, trials: u64) -> Option<Self> {
        if trials == 0 || successes > trials {
            return None;
        }
        let moments = Moments::binary(successes, trials);
        let variance = undegenerate(moments.squared_deviations() / float(trials), &moments, Outcome::Share);
        Self::new(float(successes) / float(trials), variance / float(trials), trials)
    }

    /// Treatment minus control, of independent arms.
    pub fn difference(control: &Self, treatment: &Self) -> Self {
        Self {
            value: treatment.value - control.value,
            standard_error: libm::hypot(treatment.standard_error, control.standard_error),
            samples: treatment.samples + control.samples,
        }
    }

    /// Treatment over control, minus one, by the delta method (Deng, Knoblich and Lu, arXiv 1803.06336):
    /// variance = SE²(t) / c² + t² SE²(c) / c⁴. `None` unless the control is positive, where a ratio means something.
    pub fn relative_lift(control: &Self, treatment: &Self) -> Option<Self> {
        if control.value <= 0.0 {
            return None;
        }
        let ratio = treatment.value / control.value;
        let error = libm::hypot(treatment.standard_error, ratio * control.standard_error) / control.value;
        Self::new(ratio - 1.0, error * error, control.samples + treatment.samples)
    }

    pub(crate) fn new(value: f64, variance: f64, samples: u64) -> Option<Self> {
        let standard_error = libm::sqrt(variance);
        (value.is_finite() && standard_error.is_finite()).then_some(Self { value, standard_error, samples })
    }
}

/// Replaces a zero variance of shares by that of the mean under a uniform prior.
pub(crate) fn undegenerate(variance: f64, moments: &Moments, outcome: Outcome) -> f64 {
    if outcome == Outcome::Real || variance > 0.0 {
        return variance;
    }
    let smoothed = (moments.sum + 1.0) / (float(moments.count) + 2.0);
    smoothed * (1.0 - smoothed)
}
