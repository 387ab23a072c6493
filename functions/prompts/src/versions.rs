//! Versions.

use axum::extract::Path;
use axum::response::Response;
use domain::Kind;
use edge::{Body, Call, CursorKey, Problem, Query};
use serde::{Deserialize, Serialize};
use store::versions::{self, NewVersion, Version};

use crate::version_input::{VersionInput, content_hash, variables};

/// The query of `GET /api/prompts/{prompt}/versions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionsQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// The answer to `POST /api/prompts/{prompt}/versions`: 201, or 200 when the content was there already.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    version: &'a Version,
    deduplicated: bool,
}

pub(crate) async fn list(
    call: Call,
    Path(reference): Path<String>,
    Query(query): Query<VersionsQuery>,
) -> Result<Response, Problem> {
    let cursors = CursorKey::new("versions", &[&reference]);
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let after = cursors.position(query.cursor.as_deref())?;
    let page = versions::list(&call.database, call.team_id(), &reference, after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}

pub(crate) async fn create(
    call: Call,
    Path(reference): Path<String>,
    Body(mut input): Body<VersionInput>,
) -> Result<Response, Problem> {
    input.check()?;
    let commit_message = input.commit_message.take();
    let content = input.into_content();
    let version = NewVersion {
        id: &call.new_id(Kind::Version),
        content: &content,
        commit_message: commit_message.as_deref(),
        content_hash: &content_hash(&content)?,
        variables: &variables(&content),
    };
    let created = versions::create(&call.database, &call.actor(), &reference, &version).await?;
    let status = if created.deduplicated { 200 } else { 201 };
    let answer = Created { version: &created.version, deduplicated: created.deduplicated };
    edge::to_json_response(status, &answer)
}

pub(crate) async fn show(
    call: Call,
    Path((reference, selector)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let version = versions::get(&call.database, call.team_id(), &reference, &selector).await?;
    edge::to_json_response(200, &version)
}
