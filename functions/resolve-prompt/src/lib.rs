//! The hot path.
//!
//! | route | what |
//! |---|---|
//! | `GET /api/resolve/{prompt}` | resolve one prompt, input in the query |
//! | `POST /api/resolve/{prompt}` | the same, input in the body |
//! | `POST /api/resolve` | resolve up to 50 prompts |
//!
//! A request whose key and release are in the isolate's memory is answered by `immediate` before the router
//! sees it: no future, no second look at the headers, no log line. Everything else, all errors included, goes
//! through the router and [`edge::serve`]. Both use the same functions, so they cannot disagree.

mod batch;
mod immediate;
mod input;
mod reply;

use std::sync::Arc;

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use axum::routing::{get, post};
use domain::Error;
use edge::{Call, Function, Problem};
use http::HeaderMap;
use http::header::IF_NONE_MATCH;
use platform::time;
use resolution::{Prepared, Resolved};
use serde_json::value::RawValue;

use crate::input::Input;

platform::serve!(platform::serve::Application {
    immediate: Some(immediate::immediate),
    ..platform::serve::Application::new(router)
});

/// The routes.
pub fn router() -> axum::Router {
    let routes = axum::Router::new()
        .route("/api/resolve", post(batch::resolve))
        .route("/api/resolve/{prompt}", get(from_query).post(from_body));
    edge::serve_reading(Function::ResolvePrompt, routes)
}

async fn from_query(
    call: Call,
    Path(prompt): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let input = Input::from_query(&query)?;
    resolve(&call, prompt, &input, query.as_bytes(), &headers).await
}

async fn from_body(
    call: Call,
    Path(prompt): Path<String>,
    headers: HeaderMap,
    edge::Body(text): edge::Body<Box<RawValue>>,
) -> Result<Response, Problem> {
    let text = text.get().as_bytes();
    let input = Input::from_body(text)?;
    resolve(&call, prompt, &input, text, &headers).await
}

async fn resolve(
    call: &Call,
    prompt: String,
    input: &Input,
    text: &[u8],
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let place = input.place(call.team_id().clone(), prompt);
    let found = resolution::find(&place, &call.stores, &call.database).await?;
    let resolved = fill_in(call, input, &found.value)?;
    let if_none_match = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    Ok(reply::to_response(reply::answer(&resolved, &found, text, if_none_match)))
}

/// Resolves for a caller who so meets an arm, also where the arm's variables are more than a strict caller has: that is
/// an error of the arm.
fn fill_in(call: &Call, input: &Input, prepared: &Arc<Prepared>) -> Result<Resolved, Error> {
    let (resolved, now_ms) = (resolution::resolve(prepared, &input.request())?, time::now_ms());
    resolution::expose(&call.context, call.team_id(), &resolved, now_ms);
    if input.is_strict() && !resolved.missing_variables.is_empty() {
        resolution::fail(&call.context, call.team_id(), &resolved, now_ms);
        return Err(Error::MissingVariables(resolved.missing_variables));
    }
    Ok(resolved)
}
