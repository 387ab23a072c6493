//! Distributions as the API shows them.

use histogram::{GAMMA, Histogram};
use serde::Serialize;

/// How values are distributed, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Distribution {
    count: u64,
    mean: Option<f64>,
    p50: f64,
    p95: f64,
    p99: f64,
}

/// A part of a histogram as it is shown: values above `from_ms` and not above `to_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Bar {
    from_ms: f64,
    to_ms: f64,
    count: u64,
}

impl Distribution {
    /// None when there are no values.
    pub(crate) fn new(histogram: &Histogram, sum_ms: u64) -> Option<Self> {
        let count = histogram.count();
        let percentile = |percent| histogram.percentile(percent).map(tenths);
        Some(Self {
            count,
            mean: Some(tenths(ratio(sum_ms, count))),
            p50: percentile(50)?,
            p95: percentile(95)?,
            p99: percentile(99)?,
        })
    }

    /// The median.
    pub(crate) fn median(self) -> f64 {
        self.p50
    }

    /// What one in twenty exceeds.
    pub(crate) fn p95(self) -> f64 {
        self.p95
    }
}

/// How many bins are shown as one bar: each is a tenth wider than the one before it.
const BINS_PER_BAR: i32 = 5;

/// A histogram for people to look at, without empty bars.
pub(crate) fn bars(histogram: &Histogram) -> Vec<Bar> {
    let mut bars: Vec<(i32, u64)> = Vec::new();
    for (bin, count) in histogram.bins() {
        let bar = if *bin < 0 { -1 } else { (bin + BINS_PER_BAR - 1) / BINS_PER_BAR };
        match bars.last_mut() {
            Some((last, sum)) if *last == bar => *sum += count,
            _ => bars.push((bar, *count)),
        }
    }
    let bound = |bar: i32| if bar < 0 { 0.0 } else { tenths(GAMMA.powi(bar * BINS_PER_BAR)) };
    bars.into_iter().map(|(bar, count)| Bar { from_ms: bound(bar - 1), to_ms: bound(bar), count }).collect()
}

/// A ratio of counts or sums.
#[expect(clippy::cast_precision_loss, reason = "2^53 is more than there are")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// To a tenth of a millisecond: more would be more than is known.
fn tenths(milliseconds: f64) -> f64 {
    (milliseconds * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_has_its_values_mean_and_percentiles() {
        let histogram = [(0, 50), (100, 45), (200, 5)].into_iter().collect();
        let distribution = Distribution::new(&histogram, 1_234).unwrap();
        assert_eq!((distribution.count, distribution.mean), (100, Some(12.3)));
        assert_eq!((distribution.p50, distribution.p95, distribution.p99), (1.0, 7.2, 52.0));
        assert_eq!(Distribution::new(&Histogram::default(), 0), None);
    }

    #[test]
    fn bars_touch_and_do_not_overlap() {
        let histogram: Histogram = (-1..300).map(|bin| (bin, 1)).collect();
        let bars = bars(&histogram);
        assert_eq!((bars[0].from_ms, bars[0].to_ms, bars[1].to_ms), (0.0, 0.0, 1.0));
        assert!(bars.windows(2).all(|pair| (pair[0].to_ms - pair[1].from_ms).abs() < f64::EPSILON));
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), histogram.count());
    }
}
