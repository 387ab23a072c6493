//! What may be concluded from an experiment.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::Response;
use domain::{Error, Id};
use edge::{Call, Problem};
use serde::Serialize;
use store::evidence::{guardrails, observations};
use store::experiments::{self, Evidence, ExperimentKind, ExperimentStatus, Period};
use trials::{
    GuardrailOutcome, InTwoArms, Metric, MetricReport, Report, SampleRatioReport, VariantReport, VerdictName,
    Withheld, report,
};

/// The answer of `GET /api/experiments/{experiment}/results`.
#[derive(Serialize)]
struct Results<'a> {
    experiment_id: &'a Id,
    prompt_id: &'a Id,
    environment: domain::Environment,
    status: ExperimentStatus,
    primary_metric: Option<&'a str>,
    min_samples: i64,
    period: i64,
    allocation_periods: &'a [Period],
    variants: Vec<VariantResult>,
    /// Every metric that has a value, beyond the primary one.
    metrics: BTreeMap<Metric, Vec<MetricReport>>,
    srm: SampleRatioReport,
    in_two_arms: InTwoArms,
    guardrails: Vec<GuardrailOutcome>,
    verdict: VerdictName,
    verdict_variant: Option<String>,
    /// Why there is no verdict though there is enough data.
    verdict_withheld: Option<Withheld>,
    sequential: bool,
    alpha: f64,
}

/// An arm with what it serves.
#[derive(Serialize)]
struct VariantResult {
    version_id: Option<Id>,
    version_number: Option<i64>,
    #[serde(flatten)]
    report: VariantReport,
}

pub(crate) async fn show(call: Call, Path(id): Path<String>) -> Result<Response, Problem> {
    let evidence = experiments::evidence(&call.database, call.team_id(), &id).await?;
    let evidence = evidence.filter(|evidence| evidence.experiment.kind == ExperimentKind::Experiment);
    let evidence = evidence.ok_or(Error::NotFound("experiment"))?;
    edge::to_json_response(200, &results(&evidence))
}

fn results(evidence: &Evidence) -> Results<'_> {
    let experiment = &evidence.experiment;
    let primary = experiment.primary_metric.as_deref().and_then(Metric::parse);
    let min_samples = u64::try_from(experiment.min_samples).unwrap_or_default();
    let guardrails = guardrails(&experiment.guardrails);
    let Report {
        variants,
        metrics,
        srm,
        in_two_arms,
        guardrails,
        verdict,
        verdict_variant,
        verdict_withheld,
        alpha,
        sequential,
    } = report(&observations(evidence), primary, min_samples, &guardrails);
    let variants = variants.into_iter().zip(&experiment.variants).map(|(report, variant)| VariantResult {
        version_id: variant.version_id.clone(),
        version_number: variant.version_number,
        report,
    });
    Results {
        experiment_id: &experiment.id,
        prompt_id: &experiment.prompt_id,
        environment: experiment.environment,
        status: experiment.status,
        primary_metric: experiment.primary_metric.as_deref(),
        min_samples: experiment.min_samples,
        period: experiment.period,
        allocation_periods: &evidence.periods,
        variants: variants.collect(),
        metrics,
        srm,
        in_two_arms,
        guardrails,
        verdict,
        verdict_variant,
        verdict_withheld,
        sequential,
        alpha,
    }
}
