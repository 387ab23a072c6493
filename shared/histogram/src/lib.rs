#![doc = include_str!("../README.md")]

mod read;

use std::collections::BTreeMap;

pub use read::NotAHistogram;

/// How much greater a bin's upper bound is than its lower one.
pub const GAMMA: f64 = 1.02;
/// What lies below 1.
const FIRST_BIN: i32 = -1;

/// How often values fell into each bin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    /// The bins that have something, in order.
    bins: Vec<(i32, u64)>,
}

impl Histogram {
    /// The bins that have something, in order, and how many values each has.
    pub fn bins(&self) -> &[(i32, u64)] {
        &self.bins
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.bins.iter().map(|(_, count)| count).sum()
    }

    /// How many values do not exceed `bound`, which may be off by 1 %: a bin counts as its middle.
    pub fn count_up_to(&self, bound: f64) -> u64 {
        self.bins.iter().filter(|(bin, _)| middle(*bin) <= bound).map(|(_, count)| count).sum()
    }

    /// The middle of the bin of the value that `percent` of all values do not exceed: of five values the median is the
    /// third. None where there are no values.
    pub fn percentile(&self, percent: u64) -> Option<f64> {
        let rank = (self.count() * percent).div_ceil(100);
        let mut seen = 0;
        let reaches = |(bin, count): &(i32, u64)| {
            seen += count;
            (seen >= rank).then(|| middle(*bin))
        };
        self.bins.iter().find_map(reaches)
    }
}

/// Bins and how many values each has, in any order; what is said of a bin twice adds up.
impl FromIterator<(i32, u64)> for Histogram {
    fn from_iter<T: IntoIterator<Item = (i32, u64)>>(entries: T) -> Self {
        let mut bins = BTreeMap::new();
        for (bin, count) in entries.into_iter().filter(|(_, count)| *count > 0) {
            *bins.entry(bin).or_default() += count;
        }
        Self { bins: bins.into_iter().collect() }
    }
}

/// The value that stands for all values of a bin.
fn middle(bin: i32) -> f64 {
    match bin {
        ..0 => 0.0,
        0 => 1.0,
        _ => 2.0 * GAMMA.powi(bin) / (GAMMA + 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the database finds it.
    fn bin(value: f64) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "a bin")]
        let bin = if value < 1.0 { FIRST_BIN } else { (value.ln() / GAMMA.ln()).ceil() as i32 };
        bin
    }

    fn of(values: &[f64]) -> Histogram {
        values.iter().map(|value| (bin(*value), 1)).collect()
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
        let mut values: Vec<f64> = (1..=1_000).map(|value| f64::from(value * value % 7_919) + 1.0).collect();
        let histogram = of(&values);
        values.sort_by(f64::total_cmp);
        for (percent, index) in [(1, 9), (50, 499), (95, 949), (99, 989), (100, 999)] {
            let (near, exact) = (histogram.percentile(percent).unwrap(), values[index]);
            assert!((near - exact).abs() / exact < 0.01, "{percent} %: {near} for {exact}");
        }
        assert_eq!(histogram.count(), 1_000);
        let exact = |bound: f64| values.iter().filter(|value| **value <= bound).count() as u64;
        for bound in [0.0, 0.5, 1.0, 50.0, 500.0, 1e9] {
            let counted = histogram.count_up_to(bound);
            assert!((exact(bound * 0.99)..=exact(bound * 1.01)).contains(&counted), "{bound}: {counted}");
        }
        assert_eq!(Histogram::default().percentile(50), None);
    }
}
