//! Tags: words that prompts are found by.

use axum::response::Response;
use edge::{Call, CursorKey, Problem, Query};
use serde::Deserialize;
use store::prompts;

use crate::prompts::Archived;

/// The query of `GET /api/tags`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagsQuery {
    #[serde(default)]
    archived: Archived,
    limit: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn list(call: Call, Query(query): Query<TagsQuery>) -> Result<Response, Problem> {
    let state = query.archived.state();
    let cursors = CursorKey::new("tags", &[&format!("{state:?}")]);
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let after = cursors.position(query.cursor.as_deref())?;
    let page = prompts::tags(&call.database, call.team_id(), state, after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}
