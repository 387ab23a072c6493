//! The results of an experiment: what may be said of it at any time, however often one looks.

use std::collections::BTreeMap;

use serde::Serialize;
use stats::{
    ConfidenceSequence, Direction, Estimate, Interval, Outcome, Posterior, SampleRatio, Verdict, compare,
    probability_best, verdict,
};

use crate::doubt::doubt;
use crate::{Guardrail, Metric, Observations};

/// An arm without a weight that somebody met all the same makes χ² infinite, which JSON cannot say.
const LARGEST_CHI_SQUARED: f64 = 1e12;

/// All results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Each arm in the primary metric, the control first.
    pub variants: Vec<VariantReport>,
    /// Each arm in every metric that has a value.
    pub metrics: BTreeMap<Metric, Vec<MetricReport>>,
    /// Whether traffic split as it should.
    pub srm: SampleRatioReport,
    /// Units that met two arms in one allocation period.
    pub in_two_arms: InTwoArms,
    /// Each guardrail for each arm but the control.
    pub guardrails: Vec<GuardrailOutcome>,
    /// What may be concluded.
    pub verdict: VerdictName,
    /// The arm that the verdict is about, if it is about one.
    pub verdict_variant: Option<String>,
    /// Why nothing is concluded from data that would be enough.
    pub verdict_withheld: Option<Withheld>,
    /// The error level of the verdict together with all looks at it: the comparisons with the control share it. All
    /// guardrails together have one of the same size, and so have each metric's lifts; an arm's own `interval` has it
    /// alone.
    pub alpha: f64,
    /// Always: intervals hold at every look at once.
    pub sequential: bool,
}

/// An arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantReport {
    /// Its name.
    pub name: String,
    /// Its share of the units that take part.
    pub weight: f64,
    /// Units that met it.
    pub exposures: u64,
    /// Those of them that are left out, because they met another arm too.
    pub in_two_arms: u64,
    /// It in the primary metric.
    #[serde(flatten)]
    pub primary: MetricReport,
}

/// An arm in one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricReport {
    /// The arm.
    pub variant: String,
    /// Units that have a value.
    pub samples: u64,
    /// Their mean, allocation periods weighted alike in all arms. None below two units.
    pub mean: Option<f64>,
    /// Where the mean is, at every look at once.
    pub interval: Option<[f64; 2]>,
    /// Relative to the control: 0.1 is 10 % more. None for the control.
    pub relative_lift: Option<f64>,
    /// Where the lift is.
    pub relative_interval: Option<[f64; 2]>,
    /// How likely it is the best, which informs and steers traffic, and decides nothing.
    pub probability_best: Option<f64>,
}

/// Exposures against weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SampleRatioReport {
    /// Pearson's χ², added over allocation periods.
    pub chi_squared: f64,
    /// Its degrees of freedom; 0 while there is nothing to test.
    pub degrees_of_freedom: u64,
    /// How likely so large a χ² is when the split is sound.
    pub p_value: f64,
    /// Whether it is below 0.001, of all periods or (shared by their number) of one.
    pub alert: bool,
    /// Each period that can be tested.
    pub periods: Vec<PeriodSampleRatio>,
}

/// Exposures against weights in one allocation period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeriodSampleRatio {
    /// Its number.
    pub period: i64,
    /// Exposed units, by arm.
    pub exposures: Vec<u64>,
    /// Pearson's χ².
    pub chi_squared: f64,
    /// How likely so large a χ² is when the split is sound.
    pub p_value: f64,
    /// Whether it is below 0.001 shared by the number of periods.
    pub alert: bool,
}

/// Units that met two arms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InTwoArms {
    /// How many.
    pub units: u64,
    /// Of all that were exposed.
    pub share: f64,
    /// Whether it is above 1 %.
    pub alert: bool,
}

/// What a guardrail saw of an arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GuardrailOutcome {
    /// The metric.
    pub metric: Metric,
    /// The arm.
    pub variant: String,
    /// What is allowed.
    pub max_relative_regression: f64,
    /// The arm's mean.
    pub mean: Option<f64>,
    /// The control's.
    pub control_mean: Option<f64>,
    /// Units with a value in both.
    pub samples: u64,
    /// Relative to the control, positive when worse; none where that means nothing.
    pub regression: Option<f64>,
    /// What the excess over the allowed regression is at least, in the metric's unit.
    pub excess_at_least: Option<f64>,
    /// Whether that is above zero.
    pub failed: bool,
}

/// What may be concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictName {
    /// An arm has too few samples.
    NotEnoughData,
    /// No arm is better than the control, and not all are worse.
    NoDifference,
    /// An arm is better than the control.
    Winner,
    /// Every arm is worse than the control.
    Loser,
    /// An arm is worse than its guardrail allows.
    GuardrailFailed,
}

/// Why there is no verdict though there is enough data: with a broken split no number means what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// Traffic does not split as it should.
    Srm,
    /// Too many units met two arms.
    InTwoArms,
}

/// The results, in the primary metric; without one, as for canaries, guardrails alone decide. `min_samples` is per arm.
pub fn report(
    observations: &Observations,
    primary: Option<Metric>,
    min_samples: u64,
    guardrails: &[Guardrail],
) -> Report {
    let sequence = ConfidenceSequence::default();
    let metrics: BTreeMap<Metric, Vec<MetricReport>> = Metric::ALL
        .into_iter()
        .filter(|metric| observations.samples(*metric).iter().any(|samples| *samples > 0))
        .map(|metric| (metric, metric_reports(observations, metric, &sequence)))
        .collect();
    let guardrails = check_guardrails(observations, guardrails);
    let concluded = conclude(observations, primary, min_samples, &guardrails, &sequence);
    let srm = sample_ratio(observations);
    let withheld = withheld(observations, concluded, &srm);
    let verdict = if withheld.is_some() { Verdict::NotEnoughData } else { concluded };
    let verdict_variant = match verdict {
        Verdict::Winner { arm } | Verdict::GuardrailFailed { arm } => observations.arms.get(arm).cloned(),
        Verdict::NotEnoughData | Verdict::NoDifference | Verdict::Loser => None,
    };
    Report {
        variants: variants(observations, primary, &sequence),
        metrics,
        srm,
        in_two_arms: in_two_arms(observations),
        guardrails,
        verdict: verdict.into(),
        verdict_variant,
        verdict_withheld: withheld,
        alpha: sequence.alpha(),
        sequential: true,
    }
}

fn conclude(
    observations: &Observations,
    primary: Option<Metric>,
    min_samples: u64,
    guardrails: &[GuardrailOutcome],
    sequence: &ConfidenceSequence,
) -> Verdict {
    let failed = guardrails.iter().find(|outcome| outcome.failed);
    let failed = failed.and_then(|outcome| observations.arms.iter().position(|arm| *arm == outcome.variant));
    let pairs = primary.map(|metric| observations.pairs(metric)).unwrap_or_default();
    let direction = primary.map_or(Direction::HigherIsBetter, Metric::direction);
    let min_units = primary.map_or(0, |metric| metric.outcome().min_units());
    verdict(&pairs, direction, min_samples.max(min_units), sequence, failed)
}

/// A guardrail's failure stands: a broken split is no reason to go on with what looks bad.
fn withheld(observations: &Observations, verdict: Verdict, srm: &SampleRatioReport) -> Option<Withheld> {
    match verdict {
        Verdict::NotEnoughData | Verdict::GuardrailFailed { .. } => None,
        _ if srm.alert => Some(Withheld::Srm),
        _ => doubt(observations).map(|_| Withheld::InTwoArms),
    }
}

fn variants(
    observations: &Observations,
    primary: Option<Metric>,
    sequence: &ConfidenceSequence,
) -> Vec<VariantReport> {
    let weights = observations.periods.last().map(|period| period.weights.clone()).unwrap_or_default();
    let total: f64 = weights.iter().copied().map(f64::from).sum();
    let reports = match primary {
        Some(metric) => metric_reports(observations, metric, sequence),
        None => observations.arms.iter().map(|arm| MetricReport::empty(arm)).collect(),
    };
    let counts = observations.exposures().into_iter().zip(observations.in_two_arms());
    let weights = weights.into_iter().map(|weight| f64::from(weight) / total);
    reports
        .into_iter()
        .zip(weights.zip(counts))
        .map(|(primary, (weight, (exposures, in_two_arms)))| VariantReport {
            name: primary.variant.clone(),
            weight,
            exposures,
            in_two_arms,
            primary,
        })
        .collect()
}

fn metric_reports(
    observations: &Observations,
    metric: Metric,
    sequence: &ConfidenceSequence,
) -> Vec<MetricReport> {
    let estimates = observations.estimates(metric);
    let samples = observations.samples(metric);
    // Comparisons with the control share the error level, as in the verdict, and are the same.
    let shared = sequence.shared_by(estimates.len().saturating_sub(1));
    let best = best(&estimates, metric);
    let arms = observations.arms.iter().zip(samples).zip(&estimates).enumerate();
    arms.map(|(index, ((arm, samples), estimate))| {
        let comparison = match observations.pair(metric, index) {
            [Some(control), Some(arm)] if index > 0 => {
                Some(compare(&control, &arm, metric.direction(), &shared))
            }
            _ => None,
        };
        MetricReport {
            variant: arm.clone(),
            samples,
            mean: estimate.map(|estimate| estimate.value),
            interval: estimate.and_then(|estimate| ends(sequence.two_sided(&estimate), metric.outcome())),
            relative_lift: comparison.and_then(|comparison| comparison.lift).map(|lift| lift.value),
            relative_interval: comparison
                .and_then(|comparison| comparison.lift_interval)
                .and_then(|interval| ends(interval, Outcome::Real)),
            probability_best: best.as_ref().and_then(|best| best.get(index).copied()),
        }
    })
    .collect()
}

/// How likely each arm is the best; `None` while one has no posterior.
pub(crate) fn best(estimates: &[Option<Estimate>], metric: Metric) -> Option<Vec<f64>> {
    let posterior = |estimate: &Option<Estimate>| match (estimate, metric.outcome()) {
        (Some(estimate), outcome) => Some(Posterior::of(estimate, outcome)),
        // Of a share something is believed before anything was seen.
        (None, Outcome::Share) => Some(Posterior::beta(0.0, 0.0)),
        (None, Outcome::Real) => None,
    };
    let posteriors: Option<Vec<Posterior>> = estimates.iter().map(posterior).collect();
    probability_best(&posteriors?, metric.direction())
}

/// A share lies between 0 and 1, whatever the interval says.
fn ends(interval: Interval, outcome: Outcome) -> Option<[f64; 2]> {
    let ends = match outcome {
        Outcome::Share => [interval.low.max(0.0), interval.high.min(1.0)],
        Outcome::Real => [interval.low, interval.high],
    };
    ends.iter().all(|end| end.is_finite()).then_some(ends)
}

/// Each guardrail for each arm but the control. They share the error level.
pub(crate) fn check_guardrails(
    observations: &Observations,
    guardrails: &[Guardrail],
) -> Vec<GuardrailOutcome> {
    let treatments = observations.arms.len().saturating_sub(1);
    let sequence = ConfidenceSequence::default().shared_by(treatments * guardrails.len());
    let mut outcomes = Vec::with_capacity(treatments * guardrails.len());
    for guardrail in guardrails {
        let samples = observations.samples(guardrail.metric);
        let control_samples = samples.first().copied().unwrap_or_default();
        let pairs = observations.pairs(guardrail.metric);
        let limit = stats::Guardrail {
            direction: guardrail.metric.direction(),
            outcome: guardrail.metric.outcome(),
            max_relative_regression: guardrail.max_relative_regression,
        };
        let arms = observations.arms.iter().zip(samples).skip(1);
        for ((arm, samples), [control, estimate]) in arms.zip(pairs) {
            let reading = match (control, estimate) {
                (Some(control), Some(estimate)) => Some(limit.check(&control, &estimate, &sequence)),
                _ => None,
            };
            outcomes.push(GuardrailOutcome {
                metric: guardrail.metric,
                variant: arm.clone(),
                max_relative_regression: guardrail.max_relative_regression,
                mean: estimate.map(|estimate| estimate.value),
                control_mean: control.map(|control| control.value),
                samples: samples + control_samples,
                regression: reading.and_then(|reading| reading.regression),
                excess_at_least: reading.map(|reading| reading.bound).filter(|bound| bound.is_finite()),
                failed: reading.is_some_and(|reading| reading.failed),
            });
        }
    }
    outcomes
}

pub(crate) fn sample_ratio(observations: &Observations) -> SampleRatioReport {
    /// As for all periods together: looked at repeatedly.
    const ALERT_BELOW: f64 = 0.001;
    let tested: Vec<(&crate::PeriodObservations, SampleRatio)> = observations
        .periods
        .iter()
        .filter_map(|period| Some((period, SampleRatio::test(&period.exposures, &period.weights)?)))
        .collect();
    let shared: f64 = tested.iter().map(|_| 1.0).sum();
    let periods: Vec<PeriodSampleRatio> = tested
        .iter()
        .map(|(period, ratio)| PeriodSampleRatio {
            period: period.period,
            exposures: period.exposures.clone(),
            chi_squared: ratio.chi_squared.min(LARGEST_CHI_SQUARED),
            p_value: ratio.p_value,
            // Of a few units the χ² is none.
            alert: ratio.p_value < ALERT_BELOW / shared && is_large_enough(period),
        })
        .collect();
    let all = observations.sample_ratio();
    SampleRatioReport {
        chi_squared: all.map_or(0.0, |all| all.chi_squared.min(LARGEST_CHI_SQUARED)),
        degrees_of_freedom: all.map_or(0, |all| all.degrees_of_freedom),
        p_value: all.map_or(1.0, |all| all.p_value),
        alert: all.is_some_and(|all| all.alert) || periods.iter().any(|period| period.alert),
        periods,
    }
}

/// Cochran's rule: at least five units are expected in every arm that has a weight.
fn is_large_enough(period: &crate::PeriodObservations) -> bool {
    let exposed: u64 = period.exposures.iter().sum();
    let total: u64 = period.weights.iter().copied().map(u64::from).sum();
    period
        .weights
        .iter()
        .filter(|weight| **weight > 0)
        .all(|weight| u64::from(*weight) * exposed >= 5 * total)
}

fn in_two_arms(observations: &Observations) -> InTwoArms {
    let mixed = observations.mixed();
    InTwoArms {
        units: observations.in_two_arms().iter().sum(),
        share: mixed.map_or(0.0, |mixed| mixed.share),
        alert: mixed.is_some_and(|mixed| mixed.alert),
    }
}

impl MetricReport {
    fn empty(variant: &str) -> Self {
        Self {
            variant: variant.to_owned(),
            samples: 0,
            mean: None,
            interval: None,
            relative_lift: None,
            relative_interval: None,
            probability_best: None,
        }
    }
}

impl From<Verdict> for VerdictName {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::NotEnoughData => Self::NotEnoughData,
            Verdict::NoDifference => Self::NoDifference,
            Verdict::Winner { .. } => Self::Winner,
            Verdict::Loser => Self::Loser,
            Verdict::GuardrailFailed { .. } => Self::GuardrailFailed,
        }
    }
}
