//! From the database's sums of an experiment to what decisions and reports are made from.

use std::collections::BTreeMap;

use stats::Moments;
use trials::{Guardrail, Metric, Observations, PeriodObservations};

use crate::experiments::{Evidence, GuardrailRow};

/// What was seen, by period and by arm.
pub fn observations(evidence: &Evidence) -> Observations {
    let arms: Vec<String> = evidence.experiment.variants.iter().map(|variant| variant.name.clone()).collect();
    let periods = evidence.periods.iter().map(|period| PeriodObservations {
        period: period.period,
        weights: period.weights.clone(),
        coverage: period.coverage,
        exposures: vec![0; arms.len()],
        in_two_arms: vec![0; arms.len()],
        metrics: BTreeMap::new(),
    });
    let mut periods: Vec<PeriodObservations> = periods.collect();
    let place = |variant: &str| arms.iter().position(|arm| arm == variant);
    for total in &evidence.totals {
        let period = periods.iter_mut().find(|period| period.period == total.period);
        let (Some(period), Some(arm)) = (period, place(&total.variant)) else { continue };
        set(&mut period.exposures, arm, total.exposures);
        set(&mut period.in_two_arms, arm, total.in_two_arms);
    }
    for row in &evidence.metrics {
        let period = periods.iter_mut().find(|period| period.period == row.period);
        let (Some(period), Some(arm)) = (period, place(&row.variant)) else { continue };
        let Some(metric) = Metric::parse(&row.metric) else { continue };
        let moments = period.metrics.entry(metric).or_insert_with(|| vec![Moments::default(); arms.len()]);
        let sums = Moments { count: row.units, sum: row.total, sum_of_squares: row.total_squares };
        set(moments, arm, sums);
    }
    Observations { arms, periods }
}

/// Guardrails as decisions take them. The store holds only metrics that there are.
pub fn guardrails(rows: &[GuardrailRow]) -> Vec<Guardrail> {
    let guardrail = |row: &GuardrailRow| {
        Some(Guardrail {
            metric: Metric::parse(&row.metric)?,
            max_relative_regression: row.max_relative_regression,
        })
    };
    rows.iter().filter_map(guardrail).collect()
}

/// The place of the first period whose measurement is judged.
pub fn trusted_from(evidence: &Evidence) -> usize {
    let first = evidence.periods.iter().position(|period| period.period >= evidence.trusted_from);
    first.unwrap_or_default()
}

fn set<T>(values: &mut [T], index: usize, value: T) {
    if let Some(place) = values.get_mut(index) {
        *place = value;
    }
}
