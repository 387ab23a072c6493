//! Effects of an experiment whose weights changed while it ran.

use alloc::vec::Vec;

use crate::estimate::{Estimate, Moments, Outcome, undegenerate};
use crate::special::float;

/// Neighbouring periods are merged until every arm that is compared has this many units, so that each has a mean in every
/// stratum.
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
    let all: Vec<usize> = (0..periods.first()?.as_ref().len()).collect();
    period_weighted_of(periods, &all, outcome)
}

/// The same for some of the arms, which are compared with one another: the others have a say in a period's size and in
/// nothing else. Leave out the periods in which one of them had no weight: nobody could meet it then, so there is
/// nothing to compare. One entry per arm of `arms`.
pub fn period_weighted_of<Period: AsRef<[Moments]>>(
    periods: &[Period],
    arms: &[usize],
    outcome: Outcome,
) -> Option<Vec<Option<Estimate>>> {
    let count = periods.first()?.as_ref().len();
    if periods.iter().any(|period| period.as_ref().len() != count) {
        return None;
    }
    let strata = merge_small(periods.iter().map(AsRef::as_ref), arms, count);
    Some(arms.iter().map(|&arm| weighted_mean(&strata, arm, outcome)).collect())
}

type Stratum = Vec<Moments>;

fn merge_small<'a>(
    periods: impl Iterator<Item = &'a [Moments]>,
    arms: &[usize],
    count: usize,
) -> Vec<Stratum> {
    let empty = || alloc::vec![Moments::default(); count];
    let is_full = |stratum: &Stratum| {
        let units = |arm: &usize| stratum.get(*arm).map_or(0, |moments| moments.count);
        arms.iter().all(|arm| units(arm) >= MIN_PER_STRATUM)
    };
    let mut strata: Vec<Stratum> = Vec::new();
    let mut open = empty();
    for period in periods {
        absorb(&mut open, period);
        if is_full(&open) {
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
