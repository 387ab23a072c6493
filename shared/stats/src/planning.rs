//! How many samples an experiment will need.

use crate::estimate::Estimate;
use crate::sequence::ConfidenceSequence;
use crate::special::{float, normal_quantile};

/// Units per arm for a two-sided test looked at once: 2 σ² (z(1 − α/2) + z(power))² / effect².
///
/// `variance` is that of one unit's value, `effect` the difference to find, in the metric's unit. `None` unless
/// variance and effect are positive and `alpha` and `power` lie in (0, 1).
pub fn fixed_horizon_samples(variance: f64, effect: f64, alpha: f64, power: f64) -> Option<u64> {
    let inside = |probability: f64| probability > 0.0 && probability < 1.0;
    if !(variance > 0.0 && effect > 0.0 && inside(alpha) && inside(power)) {
        return None;
    }
    let z = normal_quantile(1.0 - alpha / 2.0) + normal_quantile(power);
    whole(2.0 * variance * z * z / (effect * effect))
}

/// Units per arm after which a confidence sequence has found a difference with the probability `power`: where its
/// half-width plus z(power) standard errors is the effect. Slightly pessimistic, because it may cross earlier.
///
/// Arguments and `None` as for [`fixed_horizon_samples`].
pub fn sequential_samples(
    variance: f64,
    effect: f64,
    sequence: &ConfidenceSequence,
    power: f64,
) -> Option<u64> {
    let start = fixed_horizon_samples(variance, effect, sequence.alpha(), power)?;
    let z = normal_quantile(power);
    let found = |per_arm: u64| {
        let standard_error = libm::sqrt(2.0 * variance / float(per_arm));
        let difference = Estimate { value: effect, standard_error, samples: 2 * per_arm };
        sequence.half_width(&difference) + z * standard_error <= effect
    };
    let mut enough = start;
    while !found(enough) {
        enough = enough.checked_mul(2).filter(|&samples| samples < LARGEST)?;
    }
    let mut too_few = 1;
    while too_few + 1 < enough {
        let middle = too_few.midpoint(enough);
        if found(middle) { enough = middle } else { too_few = middle }
    }
    Some(enough)
}

/// No experiment waits for so many.
const LARGEST: u64 = 1 << 50;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked against the range")]
fn whole(samples: f64) -> Option<u64> {
    (samples < float(LARGEST)).then(|| (libm::ceil(samples) as u64).max(2))
}
