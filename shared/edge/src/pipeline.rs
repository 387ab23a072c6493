//! From a request to a response: everything that is the same for every route.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use domain::{ApiKey, Error, Id};
use events::{Attribute, SpanKind};
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use platform::log::{self, Origin};
use platform::serve::{BodyTooLarge, Handler, Refused, TARGET_LIMIT_BYTES};
use platform::{Context, random, time};
use serde_json::{Map, Value};

use crate::authenticate::{authenticate, presented_key};
use crate::call::stores;
use crate::idempotency::{First, REPLAYED, Repeatable};
use crate::routes::{Match, find};
use crate::{Access, Call, Function, Problem, Route, Span, Trace, Work, cors, openai};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST_REQUEST_ID: usize = 128;

/// Wraps a function's handlers, which are routed by the paths of [`crate::ROUTES`].
pub fn serve(function: Function, handlers: axum::Router) -> Handler {
    wrap(function, handlers.into(), Some(|arguments| Box::pin(once(arguments))))
}

/// [`serve`] for a function none of whose routes makes anything: it carries neither the store of first answers nor
/// their encryption.
pub fn serve_reading(function: Function, handlers: axum::Router) -> Handler {
    wrap(function, handlers.into(), None)
}

/// [`serve_reading`] for a function that finds its handlers itself: axum's router is a tenth of the size of the hot
/// path. `handler` sees what [`crate::ROUTES`] gives to the function and nothing else, and answers `HEAD` like `GET`: as
/// a router does, this leaves the body out.
pub fn serve_by_hand(function: Function, handler: Handler) -> Handler {
    let without_body = Handler::new(move |request: Request| {
        let is_head = request.method() == http::Method::HEAD;
        let answered = handler.answer(request);
        async move {
            let response = answered.await;
            if is_head { response.map(|_| Body::empty()) } else { response }
        }
    });
    wrap(function, without_body, None)
}

fn wrap(function: Function, next: Handler, once: Option<Once>) -> Handler {
    Handler::new(move |request| answer(Serving { function, once }, request, next.clone()))
}

/// A function, and how it answers a repeated request as it did the first time. A pointer, so that a function without
/// it does not contain it.
#[derive(Clone, Copy)]
struct Serving {
    function: Function,
    once: Option<Once>,
}

type Once = fn(Repeated) -> Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// A request with an idempotency key.
struct Repeated {
    call: Call,
    api_key: ApiKey,
    idempotency_key: HeaderValue,
    route: &'static Route,
    request: Request,
    next: Handler,
}

/// What the log says of a request.
struct Line {
    function: Function,
    method: String,
    route: Option<&'static str>,
    team_id: Option<Id>,
    key_id: Option<String>,
    trace: Option<Trace>,
    /// What its other lines say of it.
    origin: Arc<Origin>,
    /// The request itself, in a trace that is exported.
    span: Option<Span>,
    problem: Option<Problem>,
    started_ms: i64,
}

async fn answer(serving: Serving, request: Request, next: Handler) -> Response {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let request_id = request_id(given);
    let trace = trace_of(request.headers());
    let mut line = Line {
        function: serving.function,
        method: request.method().to_string(),
        route: None,
        team_id: None,
        key_id: None,
        trace,
        origin: Origin::new(request_id.clone(), trace.map(|trace| trace.trace_id())),
        span: None,
        problem: None,
        started_ms: time::now_ms(),
    };
    let origin = request.headers().get(ORIGIN).cloned();
    let to_response = if openai::speaks(request.uri().path()) {
        |problem: &Problem, _: &str| problem.to_openai_response()
    } else {
        Problem::to_response
    };
    let Some(context) = request.extensions().get::<Context>().cloned() else {
        return to_response(&Error::Internal("no context".to_owned()).into(), &request_id);
    };
    let result = if request.method() == http::Method::OPTIONS {
        Ok(cors::preflight(request.headers()))
    } else {
        let origin = line.origin.clone();
        let handled = handle(&mut line, &request_id, &context, serving.once, request, next);
        log::within(Some(origin), Box::pin(handled)).await
    };
    let (mut response, problem) = match result {
        Ok(mut response) => {
            let problem = response.extensions_mut().remove::<Problem>();
            (streamed_within(&line.origin, response), problem)
        }
        Err(problem) => (Response::default(), Some(problem)),
    };
    if let Some(problem) = &problem {
        response = to_response(problem, &request_id);
    }
    line.problem = problem;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, value);
    }
    cors::allow(headers, origin.as_ref(), &context.config);
    line.write(&request_id, response.status().as_u16());
    line.end_span(&context, &request_id, response.status().as_u16());
    response
}

/// A body that is made while it is read goes on saying whom it is made for.
fn streamed_within(origin: &Arc<Origin>, response: Response) -> Response {
    if http_body::Body::size_hint(response.body()).exact().is_some() {
        return response;
    }
    response.map(|body| Body::from_stream(log::stream_within(Some(origin.clone()), body.into_data_stream())))
}

async fn handle(
    line: &mut Line,
    request_id: &Arc<str>,
    context: &Context,
    once: Option<Once>,
    mut request: Request,
    next: Handler,
) -> Result<Response, Problem> {
    let found = find(request.method().as_str(), request.uri().path());
    if let Match::Route(route) = &found {
        line.route = Some(route.path);
    }
    if let Some(why) = request.extensions().get() {
        return Err(refusal(*why));
    }
    let route = match found {
        Match::Route(route) if route.function == line.function => route,
        Match::OtherMethods(methods) => return Err(Problem::method_not_allowed(methods)),
        Match::Route(_) | Match::Nothing => return Err(Problem::no_route()),
    };
    // Nothing is called so: the database would refuse even the question.
    if percent_decode_str(request.uri().path()).decode_utf8().map_or(true, |path| path.contains('\0')) {
        return Err(Problem::no_route());
    }
    let Access::Role(role) = route.access else { return Ok(next.answer(request).await) };
    let presented = key_of(request.headers());
    let (stores, database) = stores(context);
    let caller = authenticate(presented.as_ref(), context, &stores, &database).await?;
    line.team_id = Some(caller.key.team_id.clone());
    line.origin.set_team_id(caller.key.team_id.as_str());
    line.key_id = Some(caller.key.key_id.to_string());
    caller.require(role)?;
    if request.extensions().get::<BodyTooLarge>().is_some() {
        return Err(Problem::body_too_large());
    }
    let (context, request_id) = (context.clone(), request_id.clone());
    line.span =
        line.trace.filter(|trace| trace.is_exported(&context)).map(|trace| trace.span(random::bytes()));
    // What the request does is a part of it, if anybody is told of it.
    let trace = line.span.map_or(line.trace, |span| Some(span.within()));
    let call = Call { context, request_id, function: line.function, trace, caller, database, stores };
    request.extensions_mut().insert(call.clone());
    match (once, presented, request.headers().get(IDEMPOTENCY_KEY).cloned()) {
        (Some(once), Some(api_key), Some(idempotency_key)) if route.creates => {
            once(Repeated { call, api_key, idempotency_key, route, request, next }).await
        }
        _ => Ok(next.answer(request).await),
    }
}

/// What is said of a request that the platform could not hand over, or whose answer failed.
fn refusal(why: Refused) -> Problem {
    match why {
        Refused::Malformed => {
            let detail = format!(
                "the request is not valid HTTP, or its path and query are longer than {TARGET_LIMIT_BYTES} bytes"
            );
            Error::Malformed(detail).into()
        }
        Refused::Failed => Error::Internal("the function failed: see the line before".to_owned()).into(),
    }
}

fn key_of(headers: &HeaderMap) -> Option<ApiKey> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    presented_key(text(AUTHORIZATION), text(HeaderName::from_static("x-api-key")))
}

/// The trace that a request is part of. Of several nobody could say which.
fn trace_of(headers: &HeaderMap) -> Option<Trace> {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let (first, second) = (given.next()?, given.next());
    if second.is_some() { None } else { Trace::parse(first.to_str().ok()?) }
}

/// Answers a request with an idempotency key.
async fn once(repeated: Repeated) -> Result<Response, Problem> {
    let Repeated { call, api_key, idempotency_key, route, request, next } = repeated;
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await.map_or_else(|_| bytes::Bytes::new(), http_body_util::Collected::to_bytes);
    let place = format!("{} {}", route.method, parts.uri.path());
    let repeatable = Repeatable::new(&idempotency_key, &api_key, place, &body)?;
    match repeatable.first_answer(&call).await? {
        None => {}
        Some(First::Answer(response)) => return Ok(response),
        Some(First::Streamed(streamed)) => {
            parts.extensions.insert(streamed);
            let mut response = next.answer(Request::from_parts(parts, Body::from(body))).await;
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            return Ok(response);
        }
    }
    let response = next.answer(Request::from_parts(parts, Body::from(body))).await;
    repeatable.keep(&call, response).await
}

/// The id of a request: the one that its sender gave, if it is well-formed, else a new one. It stands on log lines, with
/// messages and in exports, as it was given: it is the sender's name for the request and no text of a user.
pub fn request_id(given: Option<&str>) -> Arc<str> {
    let valid = |id: &&str| {
        (1..=LONGEST_REQUEST_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    given.filter(valid).map_or_else(new_request_id, Arc::from)
}

/// Unique without asking for randomness each time, which costs a call into the runtime: random for the isolate,
/// counted within it.
fn new_request_id() -> Arc<str> {
    static ISOLATE: LazyLock<String> = LazyLock::new(|| hex::encode(platform::random::bytes::<12>()));
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    ["req_", &ISOLATE, &hex::encode(count)].concat().into()
}

impl Line {
    fn end_span(&self, context: &Context, request_id: &str, status: u16) {
        let (Some(span), Some(team_id), Some(route)) = (&self.span, &self.team_id, self.route) else {
            return;
        };
        let name = format!("{} {route}", self.method);
        let problem = self.problem.as_ref().filter(|problem| problem.status() >= 500);
        let work = Work {
            name: &name,
            kind: SpanKind::Server,
            started_ms: self.started_ms,
            error: problem.map(Problem::code),
            attributes: &[
                ("http.request.method", Attribute::Text(&self.method)),
                ("http.route", Attribute::Text(route)),
                ("http.response.status_code", Attribute::Number(status.into())),
                ("promptlab.request.id", Attribute::Text(request_id)),
            ],
        };
        span.end(context, self.function, team_id, &work);
    }

    fn write(&self, request_id: &str, status: u16) {
        let mut fields = Map::new();
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        add("function", self.function.name().into());
        add("request_id", request_id.into());
        add("method", self.method.as_str().into());
        add("route", self.route.into());
        add("status", status.into());
        add("duration_ms", (time::now_ms() - self.started_ms).into());
        add("team_id", self.team_id.as_ref().map(Id::as_str).into());
        add("key_id", self.key_id.as_deref().into());
        if let Some(trace) = self.trace {
            add("trace_id", trace.trace_id().into());
        }
        let mut level = platform::log::Level::Info;
        if let Some(problem) = &self.problem {
            add("code", problem.code().into());
            if let Some(reason) = problem.inward() {
                add("error", reason.into());
            }
            if problem.status() >= 500 {
                level = platform::log::Level::Error;
            }
        }
        platform::log::line(level, "request", fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_a_well_formed_id() {
        for given in
            ["a", "Order.66_x-1", "550e8400-e29b-41d4-a716-446655440000", "test-2026-11-29-0300-123-4567"]
        {
            assert_eq!(&*request_id(Some(given)), given);
        }
        for given in ["a b", "", "é", "a\n", &"x".repeat(129)] {
            assert!(request_id(Some(given)).starts_with("req_"), "{given}");
        }
    }
}
