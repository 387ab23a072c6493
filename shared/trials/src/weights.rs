//! Weights in basis points.

/// All weight, and everybody.
const FULL_BP: u32 = 10_000;

/// How much of the traffic a canary and its control get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Basis points of all units that take part.
    pub coverage: u32,
    /// Control and canary, in basis points of those.
    pub weights: [u32; 2],
}

/// Weights in any unit as basis points that sum to 10,000, rounded by largest remainder. `None` when one is negative or
/// not finite, when all are zero, or when one above zero would become zero.
pub fn basis_points(weights: &[f64]) -> Option<Vec<u32>> {
    let total: f64 = weights.iter().sum();
    let valid = weights.iter().all(|weight| *weight >= 0.0) && total > 0.0 && total.is_finite();
    if !valid {
        return None;
    }
    let exact: Vec<f64> = weights.iter().map(|weight| weight / total * f64::from(FULL_BP)).collect();
    let mut rounded: Vec<u32> = exact.iter().map(|share| whole(share.floor())).collect();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    let remainder = |index: usize| exact.get(index).map_or(0.0, |share| share - share.floor());
    // Stable, so the earlier arm keeps a tie.
    order.sort_by(|&left, &right| remainder(right).total_cmp(&remainder(left)));
    let missing = FULL_BP.saturating_sub(rounded.iter().sum());
    for index in order.into_iter().cycle().take(usize::try_from(missing).unwrap_or(0)) {
        if let Some(share) = rounded.get_mut(index) {
            *share += 1;
        }
    }
    let lost = rounded.iter().zip(weights).any(|(share, weight)| *share == 0 && *weight > 0.0);
    (!lost).then_some(rounded)
}

/// A canary of so many percent of all units, with a control of the same size as long as there is room for one. From
/// step to step units only move into the canary: up to one half the coverage grows, which sends nobody out, and then
/// the canary's weight. `None` unless the share is at least a basis point and at most everything.
pub fn canary_split(percent: f64) -> Option<Split> {
    if !(percent > 0.0 && percent <= 100.0) {
        return None;
    }
    let canary = whole((percent * 100.0).round());
    match canary {
        0 => None,
        small if small <= FULL_BP / 2 => Some(Split { coverage: 2 * small, weights: [FULL_BP / 2; 2] }),
        large => Some(Split { coverage: FULL_BP, weights: [FULL_BP.saturating_sub(large), large] }),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers' values lie between 0 and 10,000"
)]
fn whole(share: f64) -> u32 {
    share as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_any_unit_become_basis_points() {
        assert_eq!(basis_points(&[50.0, 50.0]), Some(vec![5_000, 5_000]));
        assert_eq!(basis_points(&[0.9, 0.1]), Some(vec![9_000, 1_000]));
        assert_eq!(basis_points(&[1.0, 1.0, 1.0]), Some(vec![3_334, 3_333, 3_333]));
        assert_eq!(basis_points(&[1.0, 0.0]), Some(vec![10_000, 0]));
        for wrong in
            [&[0.0, 0.0][..], &[-1.0, 2.0], &[f64::NAN, 1.0], &[f64::INFINITY, 1.0], &[1e9, 1.0], &[]]
        {
            assert_eq!(basis_points(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_ramp_only_grows_the_canary() {
        let shares = [0.01, 1.0, 10.0, 25.0, 49.99, 50.0, 50.01, 75.0, 99.99, 100.0];
        let splits: Vec<Split> = shares.iter().map(|&percent| canary_split(percent).unwrap()).collect();
        for (split, percent) in splits.iter().zip(shares) {
            let share = f64::from(split.coverage) * f64::from(split.weights[1]) / 1e6;
            assert!((share - percent).abs() < 1e-9, "{percent}: {split:?}");
            assert!(percent > 50.0 || split.weights[0] == split.weights[1]);
        }
        assert!(splits.is_sorted_by(|before, after| {
            before.coverage <= after.coverage && before.weights[1] <= after.weights[1]
        }));
        assert_eq!(splits.last(), Some(&Split { coverage: 10_000, weights: [0, 10_000] }));
        assert_eq!((canary_split(0.0), canary_split(100.1), canary_split(f64::NAN)), (None, None, None));
        assert_eq!(canary_split(0.001), None);
    }
}
