//! Conversations: listed, shown, renamed, deleted.

use axum::extract::Path;
use axum::response::Response;
use domain::Error;
use edge::{Body, Call, Checks, CursorKey, Problem, Query};
use serde::Deserialize;
use store::conversations;

use crate::keeping::Keeping;
use crate::stop;

/// How many messages a conversation is shown with, the last ones: `message_count` says how many there are.
const MOST_MESSAGES: u32 = 500;
const LONGEST_TITLE: usize = 200;

/// The query of `GET /api/conversations`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct List {
    search: Option<String>,
    user_id: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// The body of `PATCH /api/conversations/{conversation}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rename {
    title: String,
}

pub(crate) async fn list(call: Call, Query(query): Query<List>) -> Result<Response, Problem> {
    let List { search, user_id, limit, cursor } = query;
    let mut checks = Checks::default();
    for (field, text) in [("search", &search), ("user_id", &user_id)] {
        checks.storable(field, text.as_deref().unwrap_or_default());
    }
    checks.finish()?;
    let parts = [search.as_deref().unwrap_or_default(), user_id.as_deref().unwrap_or_default()];
    let key = CursorKey::new("conversations", &parts);
    let after = key.position(cursor.as_deref())?;
    let limit = CursorKey::limit(limit.as_deref())?;
    let user_id = match user_id {
        Some(user_id) => Some(Keeping::of(&call).await.user(&user_id)),
        None => None,
    };
    let wanted = conversations::Query { user_id: user_id.as_deref(), search: search.as_deref() };
    let page = conversations::list(&call.database, call.team_id(), &wanted, after.as_ref(), limit).await?;
    edge::to_json_response(200, &key.page(page))
}

pub(crate) async fn show(call: Call, Path(conversation): Path<String>) -> Result<Response, Problem> {
    let id = find(&conversation)?;
    let found = conversations::get(&call.database, call.team_id(), id, MOST_MESSAGES).await?;
    edge::to_json_response(200, &found)
}

pub(crate) async fn rename(
    call: Call,
    Path(conversation): Path<String>,
    Body(body): Body<Rename>,
) -> Result<Response, Problem> {
    let id = find(&conversation)?;
    let title = body.title.trim();
    let mut checks = Checks::default();
    checks.title("title", title, LONGEST_TITLE);
    checks.finish()?;
    let title = Keeping::of(&call).await.text(title).into_owned();
    let renamed = conversations::rename(&call.database, &call.actor(), id, &title).await?;
    edge::to_json_response(200, &renamed)
}

pub(crate) async fn delete(call: Call, Path(conversation): Path<String>) -> Result<Response, Problem> {
    let unfinished = conversations::delete(&call.database, &call.actor(), find(&conversation)?).await?;
    // What is said from here on is nobody's. Whom this does not reach ends by itself.
    for message_id in &unfinished {
        if let Err(error) = stop::ask(&call, message_id).await {
            platform::warn!(
                "answer of a deleted conversation not stopped",
                error = error.to_string(),
                message_id = message_id
            );
        }
    }
    Ok(edge::no_content())
}

/// What is no id names nothing, and need not be looked up.
pub(crate) fn find(conversation: &str) -> Result<&str, Error> {
    let is_id = domain::Kind::Conversation.matches(conversation);
    if is_id { Ok(conversation) } else { Err(Error::NotFound("conversation")) }
}
