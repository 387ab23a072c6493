//! Experiments: begun, read, changed, ended.

use axum::extract::Path;
use axum::response::Response;
use domain::{Error, Id, Kind};
use edge::{Body, Call, ListPage, Problem, Query};
use serde::Serialize;
use store::experiments::{
    self, Experiment, ExperimentChange, ExperimentKind, ExperimentStatus, NewExperiment, Variant,
};
use store::pointers::{Moved, Promotion};

use crate::answer::{Common, ListQuery, changed, page};
use crate::change::{Published, ReasonInput, apply, changeable, promote_as_read, publish, set_status};
use crate::input::{ExperimentInput, ExperimentPatch, StopInput, Strategy, coverage_bp, forced_map};

const KIND: ExperimentKind = ExperimentKind::Experiment;

use ExperimentStatus::{Active, Killed, Paused, Stopped};

/// An experiment as the API shows it.
#[derive(Serialize)]
struct ExperimentAnswer<'a> {
    experiment_id: &'a Id,
    #[serde(flatten)]
    common: Common<'a>,
    allocation_strategy: &'a str,
    coverage: f64,
    variants: &'a [Variant],
    primary_metric: Option<&'a str>,
    min_samples: i64,
    forced: &'a serde_json::Map<String, serde_json::Value>,
    /// With it anybody can tell who gets what, by the same hashes.
    salt: &'a str,
    period_started_at: &'a str,
    winner_version_id: Option<&'a Id>,
}

impl<'a> From<&'a Experiment> for ExperimentAnswer<'a> {
    fn from(experiment: &'a Experiment) -> Self {
        Self {
            experiment_id: &experiment.id,
            common: experiment.into(),
            allocation_strategy: &experiment.allocation_strategy,
            coverage: experiment.coverage,
            variants: &experiment.variants,
            primary_metric: experiment.primary_metric.as_deref(),
            min_samples: experiment.min_samples,
            forced: &experiment.forced,
            salt: &experiment.salt,
            period_started_at: &experiment.period_started_at,
            winner_version_id: experiment.winner_version_id.as_ref(),
        }
    }
}

pub(crate) async fn create(
    call: Call,
    Path(reference): Path<String>,
    Body(input): Body<ExperimentInput>,
) -> Result<Response, Problem> {
    call.require(input.environment.role_to_change())?;
    let (arms, weights) = input.check()?;
    let new = NewExperiment {
        id: &call.new_id(Kind::Experiment),
        kind: KIND,
        environment: input.environment,
        name: input.name.as_deref().unwrap_or_default(),
        allocation_strategy: input.allocation_strategy.name(),
        coverage: coverage_bp(input.coverage.unwrap_or(1.0)),
        arms: &arms,
        weights: &weights.basis_points,
        traffic_weights: &weights.given,
        primary_metric: Some(&input.primary_metric),
        min_samples: input.min_samples(),
        guardrails: input.guardrails.as_deref().unwrap_or_default(),
        forced: &input.forced.as_ref().map(forced_map).unwrap_or_default(),
        steps: &[],
    };
    let experiment = experiments::create(&call.database, &call.actor(), &reference, &new).await?;
    let published = publish(&call, &experiment).await;
    answer(201, &experiment, None, published)
}

pub(crate) async fn list(call: Call, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let ListPage { data, next_cursor } = page(&call, KIND, &query).await?;
    let data: Vec<_> = data.iter().map(ExperimentAnswer::from).collect();
    edge::to_json_response(200, &ListPage { data, next_cursor })
}

pub(crate) async fn show(call: Call, Path(id): Path<String>) -> Result<Response, Problem> {
    let experiment = experiments::get(&call.database, call.team_id(), KIND, &id).await?;
    edge::to_json_response(200, &ExperimentAnswer::from(&experiment))
}

pub(crate) async fn change(
    call: Call,
    Path(id): Path<String>,
    Body(patch): Body<ExperimentPatch>,
) -> Result<Response, Problem> {
    let experiment = changeable(&call, KIND, &id).await?;
    let is_bandit = experiment.allocation_strategy == Strategy::ThompsonSampling.name();
    let weights = patch.check(&experiment.variants, is_bandit)?;
    let forced = patch.forced.as_ref().map(forced_map);
    let change = ExperimentChange {
        // Weights that are not named stay as they were read.
        expected_period: weights.is_some().then_some(experiment.period),
        name: patch.name.as_deref(),
        min_samples: patch.min_samples,
        guardrails: patch.guardrails.as_deref(),
        forced: forced.as_ref(),
        coverage: patch.coverage.map(coverage_bp),
        weights: weights.as_ref().map(|weights| weights.basis_points.as_slice()),
        traffic_weights: weights.as_ref().map(|weights| weights.given.as_slice()),
        reason: patch.reason.as_deref(),
        ..ExperimentChange::new("change", KIND, &[Active, Paused, Killed])
    };
    let (experiment, published) = apply(&call, &id, &change).await?;
    answer(200, &experiment, None, published)
}

pub(crate) async fn kill(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<ReasonInput>,
) -> Result<Response, Problem> {
    let to = (&[Active, Paused][..], Killed);
    let (experiment, published) = set_status(&call, (KIND, &id), "kill", to, &input).await?;
    answer(200, &experiment, None, published)
}

pub(crate) async fn pause(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<ReasonInput>,
) -> Result<Response, Problem> {
    let (experiment, published) =
        set_status(&call, (KIND, &id), "pause", (&[Active], Paused), &input).await?;
    answer(200, &experiment, None, published)
}

pub(crate) async fn resume(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<ReasonInput>,
) -> Result<Response, Problem> {
    let to = (&[Paused, Killed][..], Active);
    let (experiment, published) = set_status(&call, (KIND, &id), "resume", to, &input).await?;
    answer(200, &experiment, None, published)
}

/// Ends an experiment. A winner is promoted first, exactly as a person would, and what refuses that leaves the
/// experiment running.
pub(crate) async fn stop(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<StopInput>,
) -> Result<Response, Problem> {
    input.check()?;
    let experiment = changeable(&call, KIND, &id).await?;
    if experiment.status.is_ended() {
        return Err(Error::Conflict(format!("it is {}", experiment.status.name())).into());
    }
    let winner = input.winner_version_id.as_deref();
    let is_arm = |id: &str| {
        experiment.variants.iter().filter_map(|arm| arm.version_id.as_ref()).any(|own| own.as_str() == id)
    };
    if winner.is_some_and(|winner| !is_arm(winner)) {
        let detail = "a version of one of the experiment's variants";
        return Err(Error::field("winner_version_id", "unknown_value", detail).into());
    }
    let mut promoted = None;
    if let Some(version_id) = winner.filter(|_| input.promote != Some(false)) {
        let justification = format!("winner of {}", experiment.id);
        let promotion = Promotion {
            version_id,
            environment: experiment.environment,
            justification: Some(input.reason.as_deref().unwrap_or(&justification)),
            expected_revision: Some(experiment.pointer_revision),
            override_gate: input.override_gate.unwrap_or_default(),
        };
        let prompt_id = experiment.prompt_id.as_str();
        promoted = Some(promote_as_read(&call, prompt_id, &promotion).await?);
    }
    let change = ExperimentChange {
        status: Some(Stopped),
        winner_version_id: winner,
        reason: input.reason.as_deref(),
        ..ExperimentChange::new("stop", KIND, &[Active, Paused, Killed])
    };
    let (experiment, published) = apply(&call, &id, &change).await?;
    answer(200, &experiment, promoted.as_ref(), published)
}

fn answer(
    status: u16,
    experiment: &Experiment,
    promoted: Option<&Moved>,
    published: Published,
) -> Result<Response, Problem> {
    changed(status, ExperimentAnswer::from(experiment), promoted, published)
}
