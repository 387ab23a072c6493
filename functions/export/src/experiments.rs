//! `GET /api/export/experiments/{experiment}.csv`: what `…/results` answers, as lines.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use domain::Error;
use edge::{Call, Problem, Query};
use store::evidence::{guardrails, observations};
use store::experiments::{self, Evidence};
use trials::{Metric, MetricReport, Report, report};

use crate::csv::{self, Cell};
use crate::tables::ExportQuery;

const COLUMNS: &[&str] = &[
    "experiment_id",
    "experiment_name",
    "prompt_id",
    "environment",
    "status",
    "metric",
    "is_primary",
    "variant",
    "version_id",
    "version_number",
    "weight",
    "exposures",
    "in_two_arms",
    "samples",
    "mean",
    "interval_low",
    "interval_high",
    "relative_lift",
    "relative_low",
    "relative_high",
    "probability_best",
    "verdict",
    "verdict_variant",
    "alpha",
    "srm_chi_squared",
    "srm_p_value",
    "srm_alert",
];

/// The range of time has no effect: results are those of the whole experiment.
pub(crate) async fn results(
    call: Call,
    Path(file): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    query.range()?;
    let id = file.strip_suffix(".csv").ok_or_else(Problem::no_route)?;
    let evidence = experiments::evidence(&call.database, call.team_id(), id).await?;
    let evidence = evidence.ok_or(Error::NotFound("experiment"))?;
    let name = evidence.experiment.id.as_str();
    Ok(csv::response(name, Body::from(query.beginning() + lines(&evidence).as_str())))
}

fn lines(evidence: &Evidence) -> String {
    let experiment = &evidence.experiment;
    let primary = experiment.primary_metric.as_deref().and_then(Metric::parse);
    let min_samples = u64::try_from(experiment.min_samples).unwrap_or_default();
    let guardrails = guardrails(&experiment.guardrails);
    let report = report(&observations(evidence), primary, min_samples, &guardrails);
    let mut csv = String::new();
    csv::line(&mut csv, COLUMNS.iter().map(|column| Cell::Text(column)));
    // The primary metric is there from the beginning, others as soon as they have a value.
    let others = report.metrics.iter().filter(|(metric, _)| Some(**metric) != primary);
    if let Some(primary) = primary {
        let arms: Vec<&MetricReport> = report.variants.iter().map(|variant| &variant.primary).collect();
        push(&mut csv, evidence, &report, primary, true, &arms);
    }
    for (metric, arms) in others {
        push(&mut csv, evidence, &report, *metric, false, &arms.iter().collect::<Vec<_>>());
    }
    csv
}

fn push(
    csv: &mut String,
    evidence: &Evidence,
    report: &Report,
    metric: Metric,
    is_primary: bool,
    arms: &[&MetricReport],
) {
    let experiment = &evidence.experiment;
    let status = name_of(&experiment.status);
    let verdict = name_of(&report.verdict);
    for ((arm, variant), total) in arms.iter().zip(&experiment.variants).zip(&report.variants) {
        let low = |interval: Option<[f64; 2]>| interval.map(|[low, _]| low);
        let high = |interval: Option<[f64; 2]>| interval.map(|[_, high]| high);
        csv::line(
            csv,
            [
                Cell::Text(experiment.id.as_str()),
                Cell::Text(&experiment.name),
                Cell::Text(experiment.prompt_id.as_str()),
                Cell::Text(experiment.environment.name()),
                Cell::Text(&status),
                Cell::Text(metric.name()),
                Cell::Number(is_primary.to_string()),
                Cell::Text(&total.name),
                variant.version_id.as_ref().map_or(Cell::Empty, |id| Cell::Text(id.as_str())),
                variant.version_number.map_or(Cell::Empty, |number| Cell::Number(number.to_string())),
                Cell::from(Some(total.weight)),
                Cell::Number(total.exposures.to_string()),
                Cell::Number(total.in_two_arms.to_string()),
                Cell::Number(arm.samples.to_string()),
                Cell::from(arm.mean),
                Cell::from(low(arm.interval)),
                Cell::from(high(arm.interval)),
                Cell::from(arm.relative_lift),
                Cell::from(low(arm.relative_interval)),
                Cell::from(high(arm.relative_interval)),
                Cell::from(arm.probability_best),
                Cell::Text(&verdict),
                report.verdict_variant.as_deref().map_or(Cell::Empty, Cell::Text),
                Cell::from(Some(report.alpha)),
                Cell::from(Some(report.srm.chi_squared)),
                Cell::from(Some(report.srm.p_value)),
                Cell::Number(report.srm.alert.to_string()),
            ],
        );
    }
}

/// How the API spells a value.
fn name_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
