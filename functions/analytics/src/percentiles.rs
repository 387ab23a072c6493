//! Percentiles from histograms.
//!
//! Bin 0 holds 1, bin i > 0 what lies above γ^(i−1) and not above γ^i with γ = 1.02, and bin −1 what lies below 1. The
//! middle of a bin, 2·γ^i / (γ + 1), differs from everything in it by at most (γ − 1) / (γ + 1), which is 0.99 %
//! (`DDSketch`: Masson, Rim and Lee, 2019). The database fills bins: `histogram_bin` in `migrations/0004_events.sql`.

use serde::Serialize;
use store::analytics::{Bins, Quantiles};

const GAMMA: f64 = 1.02;

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
    pub(crate) fn new(quantiles: Option<&Quantiles>, sum_ms: u64) -> Option<Self> {
        let quantiles = quantiles?;
        Some(Self {
            count: quantiles.count,
            mean: Some(round(ratio(sum_ms, quantiles.count))),
            p50: round(middle(quantiles.p50)),
            p95: round(middle(quantiles.p95)),
            p99: round(middle(quantiles.p99)),
        })
    }

    /// The same from bins that were added up here.
    pub(crate) fn of_bins(bins: &Bins, sum_ms: u64) -> Option<Self> {
        Self::new(Quantiles::of(bins.clone()).as_ref(), sum_ms)
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

fn middle(bin: i32) -> f64 {
    match bin {
        ..0 => 0.0,
        0 => 1.0,
        _ => 2.0 * GAMMA.powi(bin) / (GAMMA + 1.0),
    }
}

/// How many bins are shown as one bar: each is a tenth wider than the one before it.
const BINS_PER_BAR: i32 = 5;

/// A histogram for people to look at.
pub(crate) fn bars(bins: &Bins) -> Vec<Bar> {
    let mut bars: Vec<(i32, u64)> = Vec::new();
    for (bin, count) in bins {
        let bar = if *bin < 0 { -1 } else { (bin + BINS_PER_BAR - 1) / BINS_PER_BAR };
        match bars.last_mut() {
            Some((last, sum)) if *last == bar => *sum += count,
            _ => bars.push((bar, *count)),
        }
    }
    let bound = |bar: i32| if bar < 0 { 0.0 } else { round(GAMMA.powi(bar * BINS_PER_BAR)) };
    bars.into_iter().map(|(bar, count)| Bar { from_ms: bound(bar - 1), to_ms: bound(bar), count }).collect()
}

/// A ratio of counts or sums.
#[expect(clippy::cast_precision_loss, reason = "2^53 is more than there are")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// To a tenth: more would be more than is known.
fn round(milliseconds: f64) -> f64 {
    (milliseconds * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(value: f64) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "a bin")]
        let bin = if value < 1.0 { -1 } else { (value.ln() / GAMMA.ln()).ceil() as i32 };
        bin
    }

    #[test]
    fn a_bin_differs_from_its_values_by_less_than_one_percent() {
        let mut largest: f64 = 0.0;
        for value in 1..1_000_000 {
            let value = f64::from(value);
            largest = largest.max((middle(bin(value)) - value).abs() / value);
        }
        assert!(largest <= 0.009_902, "{largest}");
        assert!((middle(bin(0.0))).abs() < f64::EPSILON);
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let values: Vec<f64> = (1..=1_000).map(|value| f64::from(value * value % 7_919) + 1.0).collect();
        let mut bins = Bins::new();
        for value in &values {
            *bins.entry(bin(*value)).or_default() += 1;
        }
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        let quantiles = Quantiles::of(bins.clone()).unwrap();
        for (bin, index) in [(quantiles.p50, 499), (quantiles.p95, 949), (quantiles.p99, 989)] {
            let exact = sorted[index];
            assert!((middle(bin) - exact).abs() / exact < 0.01);
        }
        assert_eq!(Distribution::of_bins(&Bins::new(), 0), None);
        assert_eq!(bars(&bins).iter().map(|bar| bar.count).sum::<u64>(), 1_000);
    }

    #[test]
    fn bars_touch_and_do_not_overlap() {
        let bins: Bins = (-1..300).map(|bin| (bin, 1)).collect();
        let bars = bars(&bins);
        assert_eq!((bars[0].from_ms, bars[0].to_ms, bars[1].to_ms), (0.0, 0.0, 1.0));
        assert!(bars.windows(2).all(|pair| (pair[0].to_ms - pair[1].from_ms).abs() < f64::EPSILON));
    }
}
