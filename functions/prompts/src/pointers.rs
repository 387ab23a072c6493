//! What is live, and what was.

use axum::extract::Path;
use axum::response::Response;
use domain::{Environment, Error, Id, Kind};
use edge::{Body, Call, Checks, CursorKey, Problem, Query};
use serde::{Deserialize, Serialize};
use store::pointers::{self, Moved, Promotion, Rollback};

use crate::publication::{Published, publish};

const LONGEST_JUSTIFICATION: usize = 2_000;

/// The body of `POST /api/prompts/{prompt}/promote`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromotionInput {
    version_id: String,
    environment: Environment,
    justification: Option<String>,
    expected_revision: Option<i64>,
    override_gate: Option<bool>,
}

/// The body of `POST /api/prompts/{prompt}/rollback`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollbackInput {
    /// The version to go back to; without one, what was live before.
    target_version_id: Option<String>,
    environment: Environment,
    justification: Option<String>,
    expected_revision: Option<i64>,
}

/// The query of `GET /api/prompts/{prompt}/history`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryQuery {
    environment: Option<Environment>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// The answer to both. `moved` is false when the version was live already: then nothing changed, and the revision is
/// the one in force.
#[derive(Serialize)]
struct Release<'a> {
    #[serde(flatten)]
    moved: &'a Moved,
    #[serde(skip_serializing_if = "Option::is_none")]
    production_version_id: Option<&'a Id>,
    #[serde(flatten)]
    published: Published,
}

pub(crate) async fn promote(
    call: Call,
    Path(reference): Path<String>,
    Body(input): Body<PromotionInput>,
) -> Result<Response, Problem> {
    call.require(input.environment.role_to_change())?;
    let justification = input.justification.as_deref();
    check("version_id", Some(&input.version_id), justification, input.expected_revision)?;
    let promotion = Promotion {
        version_id: &input.version_id,
        environment: input.environment,
        justification,
        expected_revision: input.expected_revision,
        override_gate: input.override_gate.unwrap_or_default(),
    };
    let moved = pointers::promote(&call.database, &call.actor(), &reference, &promotion).await?;
    let published = publish(&call, &moved.prompt_id, &[moved.environment], None).await;
    edge::to_json_response(200, &Release { moved: &moved, production_version_id: None, published })
}

pub(crate) async fn roll_back(
    call: Call,
    Path(reference): Path<String>,
    Body(input): Body<RollbackInput>,
) -> Result<Response, Problem> {
    call.require(input.environment.role_to_change())?;
    let target_version_id = input.target_version_id.as_deref();
    let justification = input.justification.as_deref();
    check("target_version_id", target_version_id, justification, input.expected_revision)?;
    let rollback = Rollback {
        target_version_id,
        environment: input.environment,
        justification,
        expected_revision: input.expected_revision,
    };
    let moved = pointers::roll_back(&call.database, &call.actor(), &reference, &rollback).await?;
    let published = publish(&call, &moved.prompt_id, &[moved.environment], None).await;
    let in_production = moved.environment == Environment::Production;
    let production_version_id = in_production.then_some(&moved.version_id);
    edge::to_json_response(200, &Release { moved: &moved, production_version_id, published })
}

pub(crate) async fn history(
    call: Call,
    Path(reference): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Problem> {
    let environment = query.environment.map_or("", Environment::name);
    let cursors = CursorKey::new("history", &[&reference, environment]);
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let after = cursors.position(query.cursor.as_deref())?;
    let (database, team_id) = (&call.database, call.team_id());
    let page =
        pointers::history(database, team_id, &reference, query.environment, after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}

fn check(
    version_field: &str,
    version_id: Option<&str>,
    justification: Option<&str>,
    expected_revision: Option<i64>,
) -> Result<(), Error> {
    let mut checks = Checks::default();
    if let Some(version_id) = version_id {
        checks.id(version_field, version_id, Kind::Version);
    }
    checks.text("justification", justification.unwrap_or_default(), 0..=LONGEST_JUSTIFICATION);
    if let Some(revision) = expected_revision {
        checks.number("expected_revision", revision, 0..=i64::MAX);
    }
    checks.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_with_a_move_is_said_at_once() {
        let version_id = "ver_01h2xcejqtf2nbrexx3vqjhp41";
        assert!(check("version_id", Some(version_id), Some("während"), Some(7)).is_ok());
        let long = "ä".repeat(2_001);
        let Err(Error::Validation(errors)) = check("version_id", Some("3"), Some(&long), Some(-1)) else {
            panic!()
        };
        let codes: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        let expected = [
            ("version_id", "invalid_format"),
            ("justification", "too_long"),
            ("expected_revision", "out_of_range"),
        ];
        assert_eq!(codes, expected);
    }
}
