//! Who gets what, and why.

use assignment::{Arm, Definition, Experiment as Assigner, Reason, explain};
use axum::extract::Path;
use axum::response::Response;
use domain::{Error, Id};
use edge::{Call, Checks, Problem, Query};
use serde::{Deserialize, Serialize};
use store::experiments::{self, Experiment, ExperimentKind, ExperimentStatus};

use crate::input::coverage_bp;

const LONGEST_USER_ID: usize = 256;

/// The query of `GET /api/experiments/{experiment}/assignment`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignmentQuery {
    user_id: String,
}

/// Its answer.
#[derive(Serialize)]
struct Explained<'a> {
    experiment_id: &'a Id,
    user_id: &'a str,
    status: ExperimentStatus,
    /// What the user gets.
    variant: Option<&'a str>,
    version_id: Option<&'a Id>,
    /// As resolve says it.
    assignment: &'static str,
    /// Why, for programs: `assigned`, `forced`, `killed`, `paused`, `not_included`, `over`.
    reason: &'static str,
    /// Why, for people.
    why: String,
    /// 0 to 9,999: the user takes part if it is below the coverage.
    bucket: Option<u32>,
    coverage: f64,
    included: bool,
    /// Of the arms with a weight the smallest score wins.
    scores: Vec<ArmScore<'a>>,
}

/// An arm's part in it.
#[derive(Serialize)]
struct ArmScore<'a> {
    variant: &'a str,
    weight: f64,
    score: Option<f64>,
}

pub(crate) async fn show(
    call: Call,
    Path(id): Path<String>,
    Query(query): Query<AssignmentQuery>,
) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    if query.user_id.len() > LONGEST_USER_ID {
        checks.refuse("user_id", "too_long", format!("at most {LONGEST_USER_ID} bytes"));
    }
    checks.finish()?;
    let experiment =
        experiments::get(&call.database, call.team_id(), ExperimentKind::Experiment, &id).await?;
    edge::to_json_response(200, &explained(&experiment, &query.user_id)?)
}

fn explained<'a>(experiment: &'a Experiment, user_id: &'a str) -> Result<Explained<'a>, Error> {
    let definition =
        Assigner::new(definition(experiment)).map_err(|error| Error::Internal(error.to_string()))?;
    let explanation = explain(&definition, user_id);
    let arm = experiment.variants.get(explanation.assignment.arm);
    let name = arm.map_or("", |arm| &*arm.name);
    let covers = experiment.coverage * 100.0;
    let (assignment, reason, why) = match explanation.assignment.reason {
        _ if experiment.status.is_ended() => {
            ("pointer", "over", "the experiment is over: everybody gets what is live".to_owned())
        }
        Reason::Killed => ("killed", "killed", format!("it is switched off: everybody gets {name}")),
        Reason::Forced => ("forced", "forced", format!("the experiment names this user for {name}")),
        Reason::NotIncluded | Reason::NoUnit if experiment.status == ExperimentStatus::Paused => {
            ("control", "paused", format!("it is paused: everybody gets {name}"))
        }
        Reason::NotIncluded | Reason::NoUnit => {
            let why = format!("the bucket is not below the coverage of {covers} %: {name}, and not counted");
            ("control", "not_included", why)
        }
        Reason::Assigned => ("experiment", "assigned", format!("{name} has the smallest score")),
    };
    let arm = arm.filter(|_| !experiment.status.is_ended());
    let scores = experiment.variants.iter().zip(&explanation.arms).map(|(variant, arm)| ArmScore {
        variant: &variant.name,
        weight: variant.weight,
        score: arm.score,
    });
    Ok(Explained {
        experiment_id: &experiment.id,
        user_id,
        status: experiment.status,
        variant: arm.map(|arm| arm.name.as_str()),
        version_id: arm.and_then(|arm| arm.version_id.as_ref()),
        assignment,
        reason,
        why,
        bucket: explanation.bucket,
        coverage: experiment.coverage,
        included: explanation.bucket.is_some_and(|bucket| bucket < coverage_bp(experiment.coverage)),
        scores: scores.collect(),
    })
}

/// What the edge assigns by.
fn definition(experiment: &Experiment) -> Definition {
    let is_paused = experiment.status == ExperimentStatus::Paused;
    let forced = experiment.forced.iter();
    Definition {
        salt: experiment.salt.clone(),
        coverage_bp: if is_paused { 0 } else { coverage_bp(experiment.coverage) },
        // A share of basis points is one again.
        arms: experiment
            .variants
            .iter()
            .map(|arm| Arm::new(arm.name.clone(), coverage_bp(arm.weight)))
            .collect(),
        forced: forced.filter_map(|(unit, arm)| Some((unit.clone(), arm.as_str()?.to_owned()))).collect(),
        killed: experiment.all_killed || experiment.status == ExperimentStatus::Killed,
    }
}
