//! A function that uses every capability of its platform, so that one suite can check all platforms from the
//! outside: `contract.test.mjs` runs it natively, on workerd and as a WASI component.
//!
//! | Route | Shows |
//! |---|---|
//! | `ANY /echo` | what of a request reaches a handler |
//! | `GET /immediate` | an answer made before the handler is asked |
//! | `GET /fixed?size` | a complete body |
//! | `GET /stream?…` | a streamed body, see [`streams`] |
//! | `POST /fetch…` | requests of our own, see [`fetches`] |
//! | `POST /query` | the database, see [`queries`] |
//! | `GET /time`, `/sleep?ms`, `/timeout?ms` | the clock and waiting |
//! | `GET /random`, `/setting?name` | randomness and configuration |
//! | `POST /task` | work after the response |
//! | `GET /log?message` | a log line of each level |
//! | `POST /assignments?rounds` | assignments, see [`assignments`] |
//! | `GET /practised` | how often it was asked before, and how often what lies beyond was done |
//! | `GET /calls`, `/panic`, `/recurse` | what an instance remembers, and what a panic or no more stack does to it |

pub mod assignments;
pub mod fetches;
pub mod queries;
pub mod streams;

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use http::request::Parts;
use platform::Context;
use platform::serve::{Answer, Application, BodyInterrupted, BodyTooLarge, Handler, Head, Refused, WarmUp};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

platform::serve!(Application {
    immediate: Some(immediate),
    warm_up: Some(WarmUp { request: "GET\n/practised\nx-request-id:practice", beyond }),
    ..Application::new(handler)
});

fn handler() -> Handler {
    let router = Router::new()
        .route("/echo", any(echo))
        .route("/fixed", get(fixed))
        .route("/stream", get(streams::ticks))
        .route("/stream/broken", get(streams::broken))
        .route("/stream/watched", get(streams::watched))
        .route("/fetch", post(fetches::whole))
        .route("/fetch/relay", post(fetches::relay))
        .route("/fetch/first", post(fetches::first))
        .route("/query", post(queries::query))
        .route("/time", get(|| async { platform::time::now_ms().to_string() }))
        .route("/sleep", get(sleep))
        .route("/timeout", get(timeout))
        .route("/random", get(|| async { hex::encode(platform::random::bytes::<32>()) }))
        .route("/setting", get(setting))
        .route("/task", post(task))
        .route("/log", get(log))
        .route("/assignments", post(assignments::explained))
        .route("/practised", get(practised))
        .route("/calls", get(|| async { CALLS.fetch_add(1, Ordering::Relaxed).to_string() }))
        .route("/panic", get(panic))
        .route("/recurse", get(recurse))
        .layer(from_fn(refuse));
    router.into()
}

/// Says why a request comes only to be refused.
async fn refuse(request: Request, next: Next) -> Response {
    let Some(why) = request.extensions().get::<Refused>() else { return next.run(request).await };
    let status = match why {
        Refused::Malformed => http::StatusCode::BAD_REQUEST,
        Refused::Failed => http::StatusCode::INTERNAL_SERVER_ERROR,
    };
    let left = json!({"refused": format!("{why:?}"), "method": request.method().as_str(), "path": request.uri().path()});
    (status, left.to_string()).into_response()
}

/// What the request brought along.
pub struct Platform(pub Context);

impl<S: Sync> FromRequestParts<S> for Platform {
    type Rejection = http::StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let context = parts.extensions.get::<Context>().cloned();
        context.map(Self).ok_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The query string's fields.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = http::StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let fields = serde_urlencoded::from_str(parts.uri.query().unwrap_or_default());
        fields.map(Self).map_err(|_| http::StatusCode::BAD_REQUEST)
    }
}

fn immediate(head: &Head<'_>, body: &Bytes, _context: &Context) -> Option<Answer> {
    if head.target != "/immediate" {
        return None;
    }
    let id = head.header("x-request-id").unwrap_or("-");
    let headers = vec![("content-type", "text/plain".into()), ("x-immediate", id.to_owned().into())];
    let body = format!("{} {id} {}", head.method, body.len());
    Some(Answer { status: 203, headers, body: body.into_bytes() })
}

async fn echo(request: Request) -> String {
    let (parts, body) = request.into_parts();
    let headers: Vec<[String; 2]> = parts
        .headers
        .iter()
        .map(|(name, value)| [name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()])
        .collect();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "size": body.len(),
        "too_large": parts.extensions.get::<BodyTooLarge>().is_some(),
        "interrupted": parts.extensions.get::<BodyInterrupted>().is_some(),
    })
    .to_string()
}

#[derive(serde::Deserialize)]
struct Size {
    size: usize,
    status: Option<u16>,
}

async fn fixed(Query(Size { size, status }): Query<Size>) -> http::Response<Body> {
    let mut response = http::Response::new(Body::from("x".repeat(size)));
    *response.status_mut() = status.and_then(|it| http::StatusCode::from_u16(it).ok()).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert("x-fixed", http::HeaderValue::from_static("one: 1"));
    // Only this header may be there twice.
    headers.insert(http::header::VARY, http::HeaderValue::from_static("origin"));
    headers.append(http::header::VARY, http::HeaderValue::from_static("accept"));
    // It replaces the one that every response has.
    headers.insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("max-age=60"));
    response
}

#[derive(serde::Deserialize)]
struct Milliseconds {
    ms: u64,
}

async fn sleep(Query(Milliseconds { ms }): Query<Milliseconds>) -> String {
    let start = platform::time::now_ms();
    platform::time::sleep(Duration::from_millis(ms)).await;
    (platform::time::now_ms() - start).to_string()
}

/// A long wait under a short limit, beside a short wait under a long one.
async fn timeout(Query(Milliseconds { ms }): Query<Milliseconds>) -> String {
    let (short, long) = (Duration::from_millis(ms), Duration::from_secs(60));
    let cut_off = platform::time::timeout(short, platform::time::sleep(long));
    let in_time = platform::time::timeout(long, platform::time::sleep(short));
    let (cut_off, in_time) = futures_util::future::join(cut_off, in_time).await;
    json!([cut_off.is_err(), in_time.is_ok()]).to_string()
}

#[derive(serde::Deserialize)]
struct Name {
    name: String,
}

async fn setting(Platform(context): Platform, Query(Name { name }): Query<Name>) -> String {
    json!(context.config.get(&name)).to_string()
}

#[derive(serde::Deserialize)]
struct Report {
    report: String,
}

/// Answers at once, then reports, and then what it left behind reports.
async fn task(Platform(context): Platform, Query(Report { report }): Query<Report>) -> &'static str {
    let tasks = context.tasks.clone();
    context.tasks.spawn(async move {
        platform::time::sleep(Duration::from_millis(150)).await;
        fetches::report(&report, "first").await;
        tasks.spawn(async move { fetches::report(&report, "second").await });
    });
    "answered"
}

#[derive(serde::Deserialize)]
struct Message {
    message: String,
}

async fn log(Query(Message { message }): Query<Message>) -> &'static str {
    platform::info!(&message, duration_ms = 3, nested = json!({"a": [1, null]}));
    platform::warn!(&message);
    platform::error!(&message, name = "quotes \" and\nlines");
    "logged"
}

static PRACTISED: AtomicUsize = AtomicUsize::new(0);
static BEYOND: AtomicUsize = AtomicUsize::new(0);

async fn practised() -> String {
    platform::info!("practised");
    json!([PRACTISED.fetch_add(1, Ordering::Relaxed), BEYOND.load(Ordering::Relaxed)]).to_string()
}

fn beyond(_context: &Context) {
    platform::error!("beyond");
    BEYOND.fetch_add(1, Ordering::Relaxed);
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

async fn panic() -> String {
    let values: Vec<Value> = Vec::new();
    #[expect(clippy::indexing_slicing, reason = "the panic is what is tested")]
    values[CALLS.load(Ordering::Relaxed)].to_string()
}

/// Until the engine's stack is used up, which is an error of another kind than a panic.
async fn recurse() -> String {
    fn deeper(depth: u64) -> u64 {
        if depth == u64::MAX { 0 } else { black_box(deeper(black_box(depth) + 1)) }
    }
    deeper(0).to_string()
}
