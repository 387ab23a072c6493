//! Effects of an experiment whose weights changed while it ran.

use alloc::vec::Vec;

use crate::estimate::{Estimate, Moments, Outcome, undegenerate};
use crate::special::float;

/// Neighbouring periods are merged until every arm has this many units, so that each arm has a mean in every stratum.
const MIN_PER_STRATUM: u64 = 5;

/// The mean of every arm over all allocation periods, each period weighted by its size, the same for all arms.
///
/// `periods[period][arm]` is the aggregate over the units first exposed in that period. Pooling them would compare arms
/// over different times (Simpson's paradox: Crook et al., "Seven pitfalls to avoid when running controlled experiments
/// on the web", 2009, doi 10.1145/1557019.1557139) and carry the bias that adaptive sampling puts into pooled means
/// (Shin, Ramdas and Rinaldo, arXiv 1905.11397). So within a period, where weights are constant, arms are compared like
/// with like: mean = Σ Wₚ meanₚ, Wₚ the period's share of all units, variance = s² Σ Wₚ² / nₚ with s² the variance within
/// periods. Consecutive periods count as one stratum until every arm has five units in it.
///
/// One entry per arm, `None` for an arm without two units. `None` altogether when periods differ in their number of
/// arms.
pub fn period_weighted<Period: AsRef<[Moments]>>(
    periods: &[Period],
    outcome: Outcome,
) -> Option<Vec<Option<Estimate>>> {
    let arms = periods.first()?.as_ref().len();
    if periods.iter().any(|period| period.as_ref().len() != arms) {
        return None;
    }
    let strata = merge_small(periods.iter().map(AsRef::as_ref), arms);
    Some((0..arms).map(|arm| weighted_mean(&strata, arm, outcome)).collect())
}

type Stratum = Vec<Moments>;

fn merge_small<'a>(periods: impl Iterator<Item = &'a [Moments]>, arms: usize) -> Vec<Stratum> {
    let empty = || alloc::vec![Moments::default(); arms];
    let mut strata: Vec<Stratum> = Vec::new();
    let mut open = empty();
    for period in periods {
        absorb(&mut open, period);
        if open.iter().all(|moments| moments.count >= MIN_PER_STRATUM) {
            strata.push(core::mem::replace(&mut open, empty()));
        }
    }
    match strata.last_mut() {
        Some(last) => absorb(last, &open),
        None => strata.push(open),
    }
    strata
}

fn absorb(stratum: &mut Stratum, period: &[Moments]) {
    for (sum, moments) in stratum.iter_mut().zip(period) {
        *sum = sum.merged(*moments);
    }
}

fn weighted_mean(strata: &[Stratum], arm: usize, outcome: Outcome) -> Option<Estimate> {
    let all = float(strata.iter().flatten().map(|moments| moments.count).sum());
    let (mut mean, mut spread, mut deviations) = (0.0, 0.0, 0.0);
    let (mut pooled, mut freedom) = (Moments::default(), 0);
    for stratum in strata {
        let moments = stratum.get(arm)?;
        let weight = float(stratum.iter().map(|moments| moments.count).sum()) / all;
        mean += weight * moments.mean()?;
        spread += weight * weight / float(moments.count);
        deviations += moments.squared_deviations();
        freedom += moments.count - 1;
        pooled = pooled.merged(*moments);
    }
    if freedom == 0 {
        return None;
    }
    let variance = undegenerate(deviations / float(freedom), &pooled, outcome);
    Estimate::new(mean, variance * spread, pooled.count)
}
