//! Canaries: begun, read, promoted, rolled back.

use axum::extract::Path;
use axum::response::Response;
use domain::{Error, Id, Kind};
use edge::{Body, Call, ListPage, Problem, Query};
use serde::Serialize;
use serde_json::Map;
use store::evidence::{guardrails, observations};
use store::experiments::{
    self, Evidence, Experiment, ExperimentChange, ExperimentKind, ExperimentStatus, NewArm, NewExperiment,
    Step, Variant,
};
use store::pointers::{Moved, Promotion};
use trials::{GuardrailOutcome, Report, Waiting, report};

use crate::answer::{Common, ListQuery, changed, page};
use crate::change::{Published, ReasonInput, apply, changeable, promote_as_read, publish, set_status};
use crate::input::CanaryInput;
use crate::schedule::canary_of;

const KIND: ExperimentKind = ExperimentKind::Canary;

use ExperimentStatus::{Completed, Paused, RolledBack, Running};

/// A canary as the API shows it.
#[derive(Serialize)]
struct CanaryAnswer<'a> {
    canary_id: &'a Id,
    #[serde(flatten)]
    common: Common<'a>,
    version_id: Option<&'a Id>,
    version_number: Option<i64>,
    /// What it is compared with: what the pointer says, or said at its end.
    control_version_id: Option<&'a Id>,
    control_version_number: Option<i64>,
    state: ExperimentStatus,
    step: i64,
    percent: f64,
    steps: &'a [Step],
    step_started_at: &'a str,
}

/// One canary with what is known of it.
#[derive(Serialize)]
struct Watched<'a> {
    #[serde(flatten)]
    canary: CanaryAnswer<'a>,
    /// What its step still needs; none when it is over.
    waiting_for: Option<Waiting>,
    exposures: Vec<Exposed>,
    guardrail_outcomes: Vec<GuardrailOutcome>,
    srm: trials::SampleRatioReport,
    share_in_two_arms: f64,
}

/// How many units met an arm.
#[derive(Serialize)]
struct Exposed {
    variant: String,
    exposures: u64,
}

impl<'a> From<&'a Experiment> for CanaryAnswer<'a> {
    fn from(canary: &'a Experiment) -> Self {
        let version = |index: usize| canary.variants.get(index);
        let of = |variant: Option<&'a Variant>| variant.and_then(|variant| variant.version_id.as_ref());
        let step = usize::try_from(canary.step).ok().and_then(|step| canary.steps.get(step));
        Self {
            canary_id: &canary.id,
            common: canary.into(),
            version_id: of(version(1)),
            version_number: version(1).and_then(|variant| variant.version_number),
            control_version_id: of(version(0)),
            control_version_number: version(0).and_then(|variant| variant.version_number),
            state: canary.status,
            step: canary.step,
            percent: step.map_or(0.0, |step| step.percent),
            steps: &canary.steps,
            step_started_at: &canary.step_started_at,
        }
    }
}

pub(crate) async fn create(
    call: Call,
    Path(reference): Path<String>,
    Body(input): Body<CanaryInput>,
) -> Result<Response, Problem> {
    call.require(input.environment.role_to_change())?;
    input.check()?;
    let first = input.steps.first().and_then(|step| trials::canary_split(step.percent));
    let split = first.ok_or_else(|| Error::Internal("a step was not checked".to_owned()))?;
    let arms = [
        NewArm { name: "control".to_owned(), version_id: None },
        NewArm { name: "canary".to_owned(), version_id: Some(input.version_id.clone()) },
    ];
    let new = NewExperiment {
        id: &call.new_id(Kind::Canary),
        kind: KIND,
        environment: input.environment,
        name: input.name.as_deref().unwrap_or_default(),
        allocation_strategy: "fixed_split",
        coverage: split.coverage,
        arms: &arms,
        weights: &split.weights,
        traffic_weights: &split.weights.map(f64::from),
        primary_metric: None,
        min_samples: 0,
        guardrails: input.guardrails.as_deref().unwrap_or_default(),
        forced: &Map::new(),
        steps: &input.steps,
    };
    let canary = experiments::create(&call.database, &call.actor(), &reference, &new).await?;
    let published = publish(&call, &canary).await;
    answer(201, &canary, None, published)
}

pub(crate) async fn list(call: Call, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let ListPage { data, next_cursor } = page(&call, KIND, &query).await?;
    let data: Vec<_> = data.iter().map(CanaryAnswer::from).collect();
    edge::to_json_response(200, &ListPage { data, next_cursor })
}

pub(crate) async fn show(call: Call, Path(id): Path<String>) -> Result<Response, Problem> {
    let canary = experiments::get(&call.database, call.team_id(), KIND, &id).await?;
    let evidence = experiments::evidence(&call.database, call.team_id(), &id).await?;
    let evidence = evidence.ok_or(Error::NotFound("canary"))?;
    edge::to_json_response(200, &watched(&canary, &evidence))
}

fn watched<'a>(canary: &'a Experiment, evidence: &Evidence) -> Watched<'a> {
    let seen = observations(evidence);
    let limits = guardrails(&canary.guardrails);
    let Report { variants, srm, in_two_arms, guardrails: guardrail_outcomes, .. } =
        report(&seen, None, 0, &limits);
    let waiting = || canary_of(evidence, &seen, &limits, waiting_for);
    Watched {
        canary: canary.into(),
        waiting_for: (!canary.status.is_ended()).then(waiting),
        exposures: variants
            .into_iter()
            .map(|variant| Exposed { variant: variant.name, exposures: variant.exposures })
            .collect(),
        guardrail_outcomes,
        srm,
        share_in_two_arms: in_two_arms.share,
    }
}

fn waiting_for(canary: &trials::Canary<'_>) -> Waiting {
    canary.waiting()
}

/// Makes the canary's version live now, whatever is left of its steps.
pub(crate) async fn promote(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<ReasonInput>,
) -> Result<Response, Problem> {
    let reason = input.check()?;
    let canary = changeable(&call, KIND, &id).await?;
    if canary.status.is_ended() {
        return Err(Error::Conflict(format!("it is {}", canary.status.name().replace('_', " "))).into());
    }
    let version = canary.variants.get(1).and_then(|variant| variant.version_id.as_ref());
    let version_id = version.ok_or_else(|| Error::Internal("a canary without a version".to_owned()))?;
    let justification = format!("{} was promoted by hand", canary.id);
    let promotion = Promotion {
        version_id: version_id.as_str(),
        environment: canary.environment,
        justification: Some(reason.unwrap_or(&justification)),
        expected_revision: Some(canary.pointer_revision),
        override_gate: false,
    };
    let prompt_id = canary.prompt_id.as_str();
    let moved = promote_as_read(&call, prompt_id, &promotion).await?;
    let change = ExperimentChange {
        status: Some(Completed),
        reason: Some(reason.unwrap_or("promoted by hand")),
        ..ExperimentChange::new("promote", KIND, &[Running, Paused])
    };
    let (canary, published) = apply(&call, &id, &change).await?;
    answer(200, &canary, Some(&moved), published)
}

pub(crate) async fn roll_back(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<ReasonInput>,
) -> Result<Response, Problem> {
    let to = (&[Running, Paused][..], RolledBack);
    let (canary, published) = set_status(&call, (KIND, &id), "roll_back", to, &input).await?;
    answer(200, &canary, None, published)
}

pub(crate) async fn pause(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<ReasonInput>,
) -> Result<Response, Problem> {
    let (canary, published) = set_status(&call, (KIND, &id), "pause", (&[Running], Paused), &input).await?;
    answer(200, &canary, None, published)
}

pub(crate) async fn resume(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<ReasonInput>,
) -> Result<Response, Problem> {
    let (canary, published) = set_status(&call, (KIND, &id), "resume", (&[Paused], Running), &input).await?;
    answer(200, &canary, None, published)
}

fn answer(
    status: u16,
    canary: &Experiment,
    promoted: Option<&Moved>,
    published: Published,
) -> Result<Response, Problem> {
    changed(status, CanaryAnswer::from(canary), promoted, published)
}
