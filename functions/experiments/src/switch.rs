//! The team's main switch: all experiments and canaries to control, at once.

use axum::response::Response;
use domain::Environment;
use edge::{Body, Call, Problem};
use serde::Serialize;
use store::experiments;

use crate::change::ReasonInput;

/// Where the switch is, and how many experiments and canaries felt it being turned.
#[derive(Serialize)]
struct Switch {
    killed: bool,
    changed: bool,
    experiments: usize,
}

pub(crate) async fn show(call: Call) -> Result<Response, Problem> {
    let state = experiments::switch_state(&call.database, call.team_id()).await?;
    edge::to_json_response(200, &state)
}

pub(crate) async fn kill_all(call: Call, Body(input): Body<ReasonInput>) -> Result<Response, Problem> {
    turn(&call, true, &input).await
}

pub(crate) async fn resume_all(call: Call, Body(input): Body<ReasonInput>) -> Result<Response, Problem> {
    turn(&call, false, &input).await
}

async fn turn(call: &Call, killed: bool, input: &ReasonInput) -> Result<Response, Problem> {
    let switched = experiments::switch(&call.database, &call.actor(), killed, input.check()?).await?;
    for place in &switched.places {
        let environments: &[Environment] = &[place.environment];
        let change = resolution::Change {
            team_id: call.team_id(),
            prompt_id: &place.prompt_id,
            environments,
            former_name: None,
        };
        resolution::publish(&change, &call.stores, &call.database).await;
    }
    let experiments = switched.places.len();
    edge::to_json_response(200, &Switch { killed: switched.killed, changed: switched.changed, experiments })
}
