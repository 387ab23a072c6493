//! The interval for a proportion of few cases.

use crate::sequence::Interval;
use crate::special::{float, normal_quantile};

/// Wilson's score interval for a proportion, looked at once, as for the pass rate of an evaluation run.
///
/// Unlike Wald's it stays inside [0, 1] and is honest for few cases (Brown et al., "Interval estimation for a binomial
/// proportion", 2001, doi 10.1214/ss/1009213286). `None` without trials, with more successes than trials, or
/// for `alpha` outside (0, 1).
pub fn wilson_interval(successes: u64, trials: u64, alpha: f64) -> Option<Interval> {
    if trials == 0 || successes > trials || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let (n, p) = (float(trials), float(successes) / float(trials));
    let z = normal_quantile(1.0 - alpha / 2.0);
    let shrink = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / shrink;
    let half = z / shrink * libm::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
    // At the ends rounding would leave a trace beyond the exact 0 or 1.
    let low = if successes == 0 { 0.0 } else { centre - half };
    let high = if successes == trials { 1.0 } else { centre + half };
    Some(Interval { low, high })
}
