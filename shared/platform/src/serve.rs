//! Turning a function into the platform's entry point.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use tower::ServiceExt;

use crate::Context;

/// The largest request body that a function reads, in bytes. A larger one reaches the handler without its bytes
/// and marked [`BodyTooLarge`].
pub const BODY_LIMIT_BYTES: usize = 1_000_000;

/// The request headers that reach a handler. Everything else stays outside: on Workers each header costs a call
/// into JavaScript.
pub const REQUEST_HEADERS: &[&str] = &[
    "accept",
    "access-control-request-headers",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "origin",
    "traceparent",
    "x-api-key",
    "x-request-id",
];

/// The longest target, path and query together, that a function answers: the `http` crate holds no longer one.
pub const TARGET_LIMIT_BYTES: usize = 65_534;

/// The headers that an immediate answer can depend on: the only ones that [`Application::immediate`] is sure to see.
pub const IMMEDIATE_HEADERS: &[&str] =
    &["authorization", "content-type", "if-none-match", "origin", "x-api-key", "x-request-id"];

/// What every response carries, unless its handler says otherwise. Platforms add it where it costs least.
pub const FIXED_HEADERS: &[(&str, &str)] = &[
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// In a request's extensions: its body was larger than [`BODY_LIMIT_BYTES`] and was not read.
#[derive(Debug, Clone, Copy)]
pub struct BodyTooLarge;

/// In a request's extensions: its body broke off before its end.
#[derive(Debug, Clone, Copy)]
pub struct BodyInterrupted;

/// In a request's extensions: it reaches the handler only to be refused, with as much of its head as can be kept and
/// without its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its head is not valid HTTP, or its target is longer than [`TARGET_LIMIT_BYTES`].
    Malformed,
    /// The function failed while it answered.
    Failed,
}

/// A deployable function: what [`serve!`](crate::serve!) needs to know of it.
pub struct Application {
    /// Makes what answers requests. Called once per isolate.
    pub handler: fn() -> Handler,
    /// Answers a request at once, from memory, before the handler is asked; `None` leaves it to the handler. Of the
    /// headers it knows [`IMMEDIATE_HEADERS`].
    pub immediate: Option<Immediate>,
    /// What the platform's schedule runs.
    pub scheduled: Option<Scheduled>,
    /// The service that a request goes to untouched, its body unread; `None` lets this function answer. Only
    /// Workers forward: Spin's own routes do it there.
    pub forward: Option<Forward>,
    /// Makes the `x-request-id` of a response that is a static file, from the one that was sent. `None` where there are
    /// no files beside the routes: on Workers they are the binding [`FILES`], on Spin a mount at `/assets`.
    pub file_request_id: Option<FileRequestId>,
    /// What an isolate does once before its first request, see [`WarmUp`].
    pub warm_up: Option<WarmUp>,
}

/// What an isolate does for practice when it starts, because an engine compiles a function of WebAssembly when it is first
/// called: else the first request would wait for that. An edge starts an isolate while its first client still shakes
/// hands over TLS. Nothing can be asked for then: no store, no timer, no randomness. What is logged is dropped. Only on
/// Workers: a component for WASI is compiled before it is deployed.
#[derive(Clone, Copy)]
pub struct WarmUp {
    /// The head of a request, as [`Head::parse`] reads it, that the handler answers without settings. It has an
    /// `x-request-id`: a new one would be random.
    pub request: &'static str,
    /// What lies beyond what such a request meets.
    pub beyond: fn(&Context),
}

/// The binding of the static files. A request that [`Application::forward`] sends there is answered with the file; where
/// there is none, with the page of a single-page application if that may be meant, else by the router.
pub const FILES: &str = "ASSETS";

impl Application {
    /// An application with this handler and nothing else.
    pub fn new(handler: fn() -> Handler) -> Self {
        Self {
            handler,
            immediate: None,
            scheduled: None,
            forward: None,
            file_request_id: None,
            warm_up: None,
        }
    }

    /// Asks [`Application::immediate`]. What the handler would refuse is left to it, so that an answer does not depend on
    /// what is in memory.
    pub fn answer_at_once(&self, head: &Head<'_>, body: &Bytes, context: &Context) -> Option<Answer> {
        let immediate = self.immediate?;
        if head.target.len() > TARGET_LIMIT_BYTES { None } else { immediate(head, body, context) }
    }
}

/// What answers requests: routes, or a function where a router would weigh more than what it finds.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(http::Request<Body>) -> Answering + Send + Sync>);

/// A response on its way.
pub type Answering = Pin<Box<dyn Future<Output = http::Response<Body>> + Send>>;

impl Handler {
    /// A handler that calls `answer`.
    pub fn new<F>(answer: impl Fn(http::Request<Body>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = http::Response<Body>> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(answer(request))))
    }

    /// Answers one request.
    pub fn answer(&self, request: http::Request<Body>) -> Answering {
        (self.0)(request)
    }
}

impl From<axum::Router> for Handler {
    fn from(router: axum::Router) -> Self {
        Self::new(move |request| {
            let answered = router.clone().oneshot(request);
            async move {
                match answered.await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        })
    }
}

/// See [`Application::immediate`].
pub type Immediate = fn(&Head<'_>, &Bytes, &Context) -> Option<Answer>;
/// See [`Application::scheduled`].
pub type Scheduled = fn(Context) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// See [`Application::forward`]: method and path in, name of the service binding out.
pub type Forward = fn(&str, &str) -> Option<&'static str>;

/// See [`Application::file_request_id`].
pub type FileRequestId = fn(Option<&str>) -> Arc<str>;

/// A request's head, borrowed from the platform.
pub struct Head<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// Path and query, percent-encoded, beginning with `/`.
    pub target: &'a str,
    headers: &'a str,
}

impl<'a> Head<'a> {
    /// Reads the form in which platforms hand a head over: method, target and then `name:value` headers with
    /// lower-case names, one a line.
    pub fn parse(packed: &'a str) -> Self {
        let (method, rest) = packed.split_once('\n').unwrap_or((packed, ""));
        let (target, headers) = rest.split_once('\n').unwrap_or((rest, ""));
        Self { method, target, headers }
    }

    /// The headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.headers.split('\n').filter_map(|line| line.split_once(':'))
    }

    /// The value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers().find_map(|(candidate, value)| (candidate == name).then_some(value))
    }

    /// The same request for the handler, [`Refused`] when method, target or a header is not valid HTTP.
    pub fn to_request(&self, body: Bytes, context: &Context) -> http::Request<Body> {
        let mut builder = http::Request::builder().method(self.method).uri(self.target);
        for (name, value) in self.headers() {
            builder = builder.header(name, value);
        }
        let Ok(mut request) = builder.body(Body::from(body)) else {
            return self.to_refused(Refused::Malformed, context);
        };
        request.extensions_mut().insert(context.clone());
        request
    }

    /// What is left of the request for the handler to refuse: method, path and those headers that are valid.
    pub fn to_refused(&self, why: Refused, context: &Context) -> http::Request<Body> {
        let mut request = http::Request::new(Body::empty());
        if let Ok(method) = self.method.parse() {
            *request.method_mut() = method;
        }
        if let Some(Ok(path)) = self.target.split('?').next().map(str::parse) {
            *request.uri_mut() = path;
        }
        for (name, value) in self.headers() {
            if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) {
                request.headers_mut().append(name, value);
            }
        }
        request.extensions_mut().insert(why);
        request.extensions_mut().insert(context.clone());
        request
    }
}

/// A complete response made without the handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers; values must be ASCII and valid as they stand.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body: UTF-8 text.
    pub body: Vec<u8>,
}

/// Makes a function deployable: exports the platform's entry point for an [`Application`].
///
/// ```ignore
/// platform::serve!(platform::serve::Application::new(handler));
/// ```
#[macro_export]
macro_rules! serve {
    ($application:expr) => {
        #[cfg(target_family = "wasm")]
        $crate::entry_point!($application);

        /// The same function for native tests.
        #[cfg(not(target_family = "wasm"))]
        pub fn application() -> $crate::serve::Application {
            $application
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_head_gives_its_parts() {
        let head = Head::parse("GET\n/api/x?a=b:c\nx-api-key:pl_1\naccept:a:b");
        assert_eq!((head.method, head.target), ("GET", "/api/x?a=b:c"));
        assert_eq!(head.header("accept"), Some("a:b"));
        assert_eq!(head.header("origin"), None);
        assert_eq!(Head::parse("GET\n/").headers().count(), 0);
    }

    #[test]
    fn what_is_not_http_is_refused_with_what_is_left_of_it() {
        let context = Context { config: crate::Config::default(), tasks: crate::Tasks::default() };
        let long = format!("/v1/models?a={}", "a".repeat(TARGET_LIMIT_BYTES));
        for (method, target, path) in [
            ("GET", long.as_str(), "/v1/models"),
            ("GET", "", "/"),
            ("P T", "/a?b", "/a"),
            ("GET", "/a?<", "/a"),
        ] {
            let packed = format!("{method}\n{target}\naccept:a\u{1}\nx-request-id:r");
            let request = Head::parse(&packed).to_request(Bytes::from_static(b"{}"), &context);
            assert_eq!(request.extensions().get(), Some(&Refused::Malformed), "{packed}");
            assert_eq!(request.uri().path(), path);
            assert_eq!(request.headers().keys().collect::<Vec<_>>(), ["x-request-id"]);
        }
        let fits = format!("GET\n/{}", "a".repeat(TARGET_LIMIT_BYTES - 1));
        let request = Head::parse(&fits).to_request(Bytes::new(), &context);
        assert_eq!(request.extensions().get::<Refused>(), None);
    }
}
