//! The hot path.
//!
//! | route | what |
//! |---|---|
//! | `GET /api/resolve/{prompt}` | resolve one prompt, input in the query |
//! | `POST /api/resolve/{prompt}` | the same, input in the body |
//! | `POST /api/resolve` | resolve up to 50 prompts |
//!
//! A request whose key and release are in the isolate's memory is answered by `immediate` before [`handler`]
//! sees it: no future, no second look at the headers, no log line. Everything else, all errors included, goes
//! through [`edge::serve_by_hand`]. Both use the same functions, so they cannot disagree.

mod batch;
mod immediate;
mod input;
mod reply;

use std::hint::black_box;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use domain::Error;
use edge::{Call, Function, Problem};
use futures_util::FutureExt;
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use platform::serve::{Handler, WarmUp};
use platform::{Context, time};
use resolution::Bound;
use serde_json::value::RawValue;

use crate::input::Input;

platform::serve!(platform::serve::Application {
    immediate: Some(immediate::immediate),
    warm_up: Some(WarmUp { request: EXAMPLE, beyond: beyond_the_key }),
    ..platform::serve::Application::new(handler)
});

const PREFIX: &str = "/api/resolve/";

/// A request that is kept out, because it has no key.
const EXAMPLE: &str = "GET\n/api/resolve/warm%2Fup?variables={}\nx-request-id:warm-up";

/// Does what comes after that: for a key, a release and an answer.
fn beyond_the_key(context: &Context) {
    edge::warm_up(context.tasks.clone());
    black_box(Input::from_query("variables={}")).ok();
    // Of nobody's call: it is refused at once, and compiled as a whole.
    black_box(answer(Request::default()).now_or_never());
    resolution::warm_up(context.tasks.clone(), |bound| {
        black_box(reply::to_response(reply::answer(bound, 0, false, b"", None)));
    });
}

/// What answers a request that memory alone does not answer.
pub fn handler() -> Handler {
    edge::serve_by_hand(Function::ResolvePrompt, Handler::new(answer))
}

async fn answer(request: Request) -> Response {
    route(request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn route(request: Request) -> Result<Response, Problem> {
    let call = Call::of(&request)?;
    let query = request.uri().query().unwrap_or_default();
    if request.method() == Method::POST
        && let Some(name) = query.split(['&', '=']).find(|name| !name.is_empty())
    {
        // It would be answered as if it had not been said: production in place of staging.
        return Err(Error::field(name, "unknown_field", "in the body, where a request has one").into());
    }
    let Some(prompt) = request.uri().path().strip_prefix(PREFIX) else {
        let edge::Body(batch) = edge::Body::from_request(request, &()).await?;
        return batch::resolve(call, batch).await;
    };
    let prompt = percent_decode_str(prompt).decode_utf8().map_err(|_| Problem::no_route())?.into_owned();
    if request.method() != Method::POST {
        return resolve(&call, prompt, &Input::from_query(query)?, query.as_bytes(), request.headers()).await;
    }
    let headers = request.headers().clone();
    let edge::Body(text) = edge::Body::<Box<RawValue>>::from_request(request, &()).await?;
    let text = text.get().as_bytes();
    resolve(&call, prompt, &Input::from_body(text)?, text, &headers).await
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
    let request = input.request();
    let bound = resolution::bind(&found.value, &request)?;
    meet(call, input, &bound)?;
    let if_none_match = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    Ok(reply::to_response(reply::answer(&bound, found.age_ms, found.stale, text, if_none_match)))
}

/// Records that the caller meets what is answered. So does one whose strictness the arm's variables do not satisfy: that
/// is an error of the arm.
fn meet(call: &Call, input: &Input, bound: &Bound<'_>) -> Result<(), Error> {
    let now_ms = time::now_ms();
    resolution::expose(&call.context, call.team_id(), &bound.chosen, now_ms);
    if input.is_strict() && !bound.missing_variables.is_empty() {
        resolution::fail(&call.context, call.team_id(), &bound.chosen, now_ms);
        return Err(Error::MissingVariables(bound.missing_variables.clone()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;
    use platform::serve::Head;
    use platform::{Config, Tasks};

    use super::*;

    #[tokio::test]
    async fn the_example_is_kept_out_and_practice_waits_for_nothing() {
        let context = Context { config: Config::default(), tasks: Tasks::default() };
        let request = Head::parse(EXAMPLE).to_request(Bytes::new(), &context);
        let response = handler().answer(request).now_or_never().unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        beyond_the_key(&context);
    }
}
