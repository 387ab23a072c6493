//! What answers about experiments and answers about canaries have in common.

use axum::response::Response;
use domain::{Error, Id};
use edge::{Call, Checks, CursorKey, ListPage, Problem};
use serde::{Deserialize, Serialize};
use store::experiments::{self, Experiment, ExperimentKind, ExperimentStatus, GuardrailRow, Transition};
use store::pointers::Moved;

use crate::change::Published;

use ExperimentStatus::{Active, Completed, Killed, Paused, RolledBack, Running, Stopped};

/// What both are, as the API shows it.
#[derive(Serialize)]
pub(crate) struct Common<'a> {
    id: &'a Id,
    prompt_id: &'a Id,
    prompt_name: &'a str,
    environment: domain::Environment,
    name: &'a str,
    status: ExperimentStatus,
    guardrails: &'a [GuardrailRow],
    period: i64,
    reason: Option<&'a str>,
    all_killed: bool,
    revision: i64,
    last_event_at: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Transition]>::is_empty")]
    history: &'a [Transition],
    created_at: &'a str,
    created_by: &'a Id,
    updated_at: &'a str,
    ended_at: Option<&'a str>,
}

impl<'a> From<&'a Experiment> for Common<'a> {
    fn from(experiment: &'a Experiment) -> Self {
        Self {
            id: &experiment.id,
            prompt_id: &experiment.prompt_id,
            prompt_name: &experiment.prompt_name,
            environment: experiment.environment,
            name: &experiment.name,
            status: experiment.status,
            guardrails: &experiment.guardrails,
            period: experiment.period,
            reason: experiment.reason.as_deref(),
            all_killed: experiment.all_killed,
            revision: experiment.revision,
            last_event_at: experiment.last_event_at.as_deref(),
            history: &experiment.history,
            created_at: &experiment.created_at,
            created_by: &experiment.created_by,
            updated_at: &experiment.updated_at,
            ended_at: experiment.ended_at.as_deref(),
        }
    }
}

/// The answer to a change.
#[derive(Serialize)]
struct Changed<'a, Shown> {
    #[serde(flatten)]
    shown: Shown,
    /// Where the pointer is, when a version was promoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    promoted: Option<&'a Moved>,
    #[serde(flatten)]
    published: Published,
}

pub(crate) fn changed(
    status: u16,
    shown: impl Serialize,
    promoted: Option<&Moved>,
    published: Published,
) -> Result<Response, Problem> {
    edge::to_json_response(status, &Changed { shown, promoted, published })
}

/// The query of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    status: Option<String>,
    prompt_id: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// A page of experiments or canaries.
pub(crate) async fn page(
    call: &Call,
    kind: ExperimentKind,
    query: &ListQuery,
) -> Result<ListPage<Experiment>, Error> {
    let mut checks = Checks::default();
    let status = query.status.as_deref();
    let known: &[ExperimentStatus] = match kind {
        ExperimentKind::Experiment => &[Active, Paused, Killed, Stopped],
        ExperimentKind::Canary => &[Running, Paused, Completed, RolledBack],
    };
    let names: Vec<&str> = known.iter().map(|status| status.name()).collect();
    let parse = |name: &str| names.contains(&name).then_some(());
    checks.choice("status", status, (), parse, &names);
    let prompt = query.prompt_id.as_deref();
    checks.storable("prompt_id", prompt.unwrap_or_default());
    checks.finish()?;
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let list = experiments::Query { status, prompt };
    let cursors = CursorKey::new(kind.name(), &[&format!("{list:?}")]);
    let after = cursors.position(query.cursor.as_deref())?;
    let page = experiments::list(&call.database, call.team_id(), kind, &list, after.as_ref(), limit).await?;
    Ok(cursors.page(page))
}
