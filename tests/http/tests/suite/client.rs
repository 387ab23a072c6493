//! A client of the installation under test, and what it is answered.

use std::pin::Pin;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::events::Events;
use crate::routes::Role;

/// How long a change may take until every isolate knows it.
pub(crate) const PROPAGATION: Duration = Duration::from_secs(5);

/// Somebody with a key, or without one.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
}

/// A team of the test's own, with an admin.
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) admin: Client,
}

/// A new key and who holds it.
pub(crate) struct Holder {
    pub(crate) key_id: String,
    pub(crate) key: String,
    pub(crate) client: Client,
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: run `make test`, which starts an installation, or see tests/http/src/lib.rs"
        )
    })
}

/// Text that no other run has used.
pub(crate) fn unique(word: &str) -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    format!("{word}-{}", hex::encode(bytes))
}

/// `text` as one segment of a path, or one value of a query.
pub(crate) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Team {
    pub(crate) async fn new() -> Self {
        let body = Client::operator().post("/api/teams", json!({"name": unique("team")})).await.expect(201);
        let key = body["key"].as_str().expect("a new team's first key");
        let id = body["team_id"].as_str().expect("a new team's id");
        Self { id: id.to_owned(), admin: Client::anonymous().with_key(key) }
    }

    /// A new key of `role`.
    pub(crate) async fn holder(&self, role: Role) -> Holder {
        self.holder_of(json!({"name": unique("key"), "role": role.name()})).await
    }

    /// A new key as `body` asks for it.
    pub(crate) async fn holder_of(&self, body: Value) -> Holder {
        let made = self.admin.post("/api/keys", body).await.expect(201);
        let key = made["key"].as_str().expect("a new key").to_owned();
        let key_id = made["id"].as_str().expect("a new key's id").to_owned();
        Holder { client: self.admin.with_key(&key), key_id, key }
    }

    /// Somebody with a new key of `role`.
    pub(crate) async fn client(&self, role: Role) -> Client {
        self.holder(role).await.client
    }
}

impl Client {
    /// Nobody in particular.
    pub(crate) fn anonymous() -> Self {
        let base = setting("PROMPTLAB_URL").trim_end_matches('/').to_owned();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self { http, base, key: None }
    }

    /// An admin of the team that runs the installation.
    pub(crate) fn operator() -> Self {
        Self::anonymous().with_key(setting("PROMPTLAB_ADMIN_KEY").trim())
    }

    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Call {
        let request = self.http.request(method.clone(), format!("{}{path}", self.base));
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        Call { request, title: format!("{method} {path}") }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Call {
        self.request(Method::POST, path).json(&body)
    }

    pub(crate) fn put(&self, path: &str, body: Value) -> Call {
        self.request(Method::PUT, path).json(&body)
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Call {
        self.request(Method::PATCH, path).json(&body)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.request(Method::DELETE, path)
    }

    /// Every row of the list at `path`, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut rows = Vec::new();
        let mut page = self.get(&format!("{path}{separator}limit=200")).await.expect(200);
        loop {
            rows.extend(page["data"].as_array().expect("a list's data").clone());
            let Some(cursor) = page["next_cursor"].as_str() else { return rows };
            let next = format!("{path}{separator}limit=200&cursor={}", encoded(cursor));
            page = self.get(&next).await.expect(200);
        }
    }
}

/// A request that is about to be sent: await it.
#[must_use]
pub(crate) struct Call {
    request: reqwest::RequestBuilder,
    title: String,
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.body(body);
        self
    }

    async fn send(self) -> (reqwest::Response, String) {
        let response = self.request.send().await;
        (response.unwrap_or_else(|error| panic!("{}: {error:?}", self.title)), self.title)
    }

    /// Sends it and leaves the answer's body to be read event by event.
    pub(crate) async fn events(self) -> Events {
        let (response, title) = self.send().await;
        assert_eq!(response.status(), 200, "{title}");
        Events::new(response)
    }
}

impl IntoFuture for Call {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (response, title) = self.send().await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = response.bytes().await.unwrap_or_else(|error| panic!("{title}: {error:?}"));
            Reply { title, status, headers, body: String::from_utf8(body.to_vec()).expect("UTF-8") }
        })
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    title: String,
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header in ASCII"))
    }

    /// What was asked and what came of it, for messages.
    pub(crate) fn story(&self) -> String {
        let body: String = self.body.chars().take(2_000).collect();
        format!("{} → {} {body}", self.title, self.status)
    }

    /// The body of an answer with this status: JSON, or null when there is none.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.story());
        self.json("application/json")
    }

    /// The body of a successful answer, where the contract leaves open which 2xx it is.
    #[track_caller]
    pub(crate) fn success(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}", self.story());
        self.json("application/json")
    }

    /// The problem of an answer with this status and code, complete as RFC 9457 and the contract ask.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        if self.title.contains(" /v1/") {
            return self.openai_error(status);
        }
        let problem = self.problem_of(status);
        assert_eq!(problem["code"], code, "{}", self.story());
        problem
    }

    /// The error of an answer with this status, in the envelope that OpenAI's clients read.
    #[track_caller]
    pub(crate) fn openai_error(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.story());
        let error = self.json("application/json")["error"].take();
        for field in ["message", "type", "code"] {
            let text = error[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{field} is missing: {}", self.story());
        }
        assert!(error.as_object().is_some_and(|error| error.contains_key("param")), "{}", self.story());
        assert!(self.header("x-request-id").is_some(), "{}", self.story());
        error
    }

    /// The same, where the contract fixes no code.
    #[track_caller]
    pub(crate) fn problem_of(&self, status: u16) -> Value {
        if self.title.contains(" /v1/") {
            return self.openai_error(status);
        }
        assert_eq!(self.status, status, "{}", self.story());
        let problem = self.json("application/problem+json");
        assert_eq!(problem["status"], status, "{}", self.story());
        for field in ["type", "title", "code", "detail"] {
            let text = problem[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{field} is missing: {}", self.story());
        }
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{}", self.story());
        assert!(problem["request_id"].is_string(), "{}", self.story());
        problem
    }

    /// A 422 that names `field`.
    #[track_caller]
    pub(crate) fn invalid(&self, field: &str) -> Value {
        let problem = self.problem(422, "validation_failed");
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        assert!(errors.iter().any(|error| error["field"] == field), "{field}: {}", self.story());
        for error in &errors {
            assert!(error["code"].is_string() && error["detail"].is_string(), "{}", self.story());
        }
        problem
    }

    fn json(&self, media_type: &str) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        let given = self.header("content-type").unwrap_or_default();
        assert!(given.starts_with(media_type), "{given}: {}", self.story());
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.story()))
    }
}

/// Waits until `check` says yes, for `limit` at most.
pub(crate) async fn within(limit: Duration, what: &str, check: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + limit;
    while !check().await {
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
