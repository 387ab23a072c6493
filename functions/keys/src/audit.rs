//! The audit log.

use axum::response::Response;
use edge::{Call, Checks, CursorKey, Problem, Query};
use serde::Deserialize;
use store::audit;

/// The query of `GET /api/audit`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// An id.
    resource: Option<String>,
    /// A user's id or name.
    actor: Option<String>,
    /// From this time on.
    from: Option<String>,
    /// Before this time.
    to: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn list(call: Call, Query(query): Query<AuditQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    let from_ms = checks.time("from", query.from.as_deref());
    let to_ms = checks.time("to", query.to.as_deref());
    for (field, text) in [("resource", &query.resource), ("actor", &query.actor)] {
        checks.storable(field, text.as_deref().unwrap_or_default());
    }
    checks.finish()?;
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let narrowed = [&query.resource, &query.actor, &query.from, &query.to];
    let cursors = CursorKey::new("audit", &narrowed.map(|part| part.as_deref().unwrap_or_default()));
    let after = cursors.position(query.cursor.as_deref())?;
    let wanted =
        audit::Query { resource: query.resource.as_deref(), actor: query.actor.as_deref(), from_ms, to_ms };
    let page = audit::list(&call.database, call.team_id(), &wanted, after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}
