//! Against a server in memory that does what a test tells it, with a clock that the tests move.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is a test, its helpers included")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use promptlab::{
    BoxFuture, CachePolicy, Error, Inference, LogPolicy, OnError, Options, Patience, Prompt, PromptLab,
    Request, Resolve, Response, Source, Transport, TransportError, chat_request,
};
use serde_json::{Value, json};
use tokio::time::{Instant, advance, sleep};

const KEY: &str = "pl_test_0123456789abcdef";

#[derive(Clone)]
enum Script {
    Answer(u16, Value, Vec<(&'static str, &'static str)>),
    Late(Duration, Value),
    Stall,
    Cut,
    /// Takes every event.
    TakeAll,
}

#[derive(Clone)]
struct Server(Arc<Mutex<State>>);

/// The address, the headers, the body.
type Received = (String, Vec<(String, String)>, Value);

struct State {
    scripts: VecDeque<Script>,
    otherwise: Script,
    requests: Vec<Received>,
}

impl Server {
    fn new(otherwise: Script) -> Self {
        Self(Arc::new(Mutex::new(State { scripts: VecDeque::new(), otherwise, requests: Vec::new() })))
    }

    fn then(&self, scripts: impl IntoIterator<Item = Script>) {
        self.0.lock().unwrap().scripts.extend(scripts);
    }

    fn otherwise(&self, script: Script) {
        self.0.lock().unwrap().otherwise = script;
    }

    fn requests(&self) -> Vec<Value> {
        self.0.lock().unwrap().requests.iter().map(|(_, _, body)| body.clone()).collect()
    }

    fn events(&self) -> Vec<Value> {
        self.requests().into_iter().flat_map(|body| body["events"].as_array().unwrap().clone()).collect()
    }
}

impl Transport for Server {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        assert!(!format!("{request:?}").contains(KEY));
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let headers =
            request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let mut state = self.0.lock().unwrap();
        let count = body["events"].as_array().map_or(0, Vec::len);
        state.requests.push((request.url.clone(), headers, body));
        let script = state.scripts.pop_front().unwrap_or_else(|| state.otherwise.clone());
        drop(state);
        Box::pin(async move {
            let (status, body, headers) = match script {
                Script::Answer(status, body, headers) => (status, body, headers),
                Script::Late(time, body) => {
                    sleep(time).await;
                    (200, body, Vec::new())
                }
                Script::Stall => std::future::pending().await,
                Script::Cut => return Err("the connection was closed".into()),
                Script::TakeAll => {
                    (202, json!({"accepted": count, "duplicates": 0, "rejected": []}), Vec::new())
                }
            };
            let headers =
                headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            Ok(Response { status, headers, body: body.to_string().into_bytes() })
        })
    }
}

fn resolved(revision: i64) -> Value {
    json!({"prompt_id": "prm_1", "name": "greeting", "version_id": "ver_1", "version_number": 1, "environment": "production",
        "revision": revision, "type": "text", "few_shot_examples": [{"input": "in", "output": "out"}], "model_id": "offline",
        "temperature": 0.5, "max_tokens": 40, "config": {"top_p": 0.9}, "content_hash": "00", "resolved_text": "Hello Zoë.",
        "system_prompt": "Be kind.", "experiment_id": null, "variant": null, "assignment": "pointer", "missing_variables": [], "new": 1})
}

fn ok(revision: i64) -> Script {
    Script::Answer(200, resolved(revision), vec![("x-request-id", "req_1")])
}

fn problem(status: u16, code: &str, headers: &[(&'static str, &'static str)]) -> Script {
    let body = json!({"status": status, "code": code, "detail": "why", "request_id": "req_2", "errors": []});
    Script::Answer(status, body, headers.to_vec())
}

fn client(server: &Server, options: Options) -> PromptLab {
    PromptLab::with_transport("http://server.test/", KEY, options, server.clone()).unwrap()
}

fn impatient() -> Options {
    Options { patience: Patience { retries: 0, ..Patience::default() }, ..Options::default() }
}

async fn source(promptlab: &PromptLab) -> Source {
    promptlab.resolve("greeting", Resolve::default()).await.unwrap().source
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_asked_for_with_everything_that_matters() {
    let server = Server::new(ok(7));
    let promptlab = client(&server, Options::default());
    let question = Resolve { strict: true, ..Resolve::default().variable("name", "Zoë").user_id("u-1") };
    let answer = promptlab.resolve("team/greeting", question.clone()).await.unwrap();
    assert_eq!(
        (answer.source, answer.request_id.as_deref(), answer.prompt.revision),
        (Source::Server, Some("req_1"), Some(7))
    );
    let (url, headers, body) = server.0.lock().unwrap().requests[0].clone();
    assert_eq!(url, "http://server.test/api/resolve/team%2Fgreeting");
    assert_eq!(headers[0], ("authorization".to_owned(), format!("Bearer {KEY}")));
    assert_eq!(
        body,
        json!({"environment": "production", "user_id": "u-1", "variables": {"name": "Zoë"}, "version": null, "strict": true})
    );
    assert_eq!(promptlab.resolve("team/greeting", question.clone()).await.unwrap().source, Source::Cache);
    for other in [Resolve::default(), question.clone().user_id("u-2"), question.variable("more", 1)] {
        assert_eq!(promptlab.resolve("team/greeting", other).await.unwrap().source, Source::Server);
    }
    assert!(!format!("{promptlab:?}").contains(KEY));
}

#[tokio::test(start_paused = true)]
async fn it_is_fresh_then_refreshed_behind_the_caller_then_awaited() {
    let server = Server::new(ok(7));
    let promptlab = client(&server, Options::default());
    assert_eq!(source(&promptlab).await, Source::Server);
    advance(Duration::from_millis(999)).await;
    assert_eq!(source(&promptlab).await, Source::Cache);
    advance(Duration::from_millis(1)).await;
    assert_eq!(source(&promptlab).await, Source::Stale);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(source(&promptlab).await, Source::Cache);
    advance(Duration::from_secs(3)).await;
    assert_eq!(source(&promptlab).await, Source::Server);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn one_request_serves_all_and_outlives_the_one_who_began_it() {
    let server = Server::new(Script::Late(Duration::from_millis(100), resolved(7)));
    let promptlab = client(&server, Options::default());
    let first = tokio::spawn({
        let promptlab = promptlab.clone();
        async move { source(&promptlab).await }
    });
    sleep(Duration::from_millis(10)).await;
    first.abort();
    let all: Vec<_> = (0..20)
        .map(|_| {
            let promptlab = promptlab.clone();
            tokio::spawn(async move { source(&promptlab).await })
        })
        .collect();
    for each in all {
        assert_eq!(each.await.unwrap(), Source::Server);
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_the_server_the_last_answer_is_given_up_to_its_age() {
    let server = Server::new(ok(7));
    let promptlab = client(&server, impatient());
    source(&promptlab).await;
    server.otherwise(problem(503, "unavailable", &[]));
    advance(Duration::from_secs(60)).await;
    let old = promptlab.resolve("greeting", Resolve::default()).await.unwrap();
    assert_eq!((old.source, old.age.unwrap().as_secs(), old.prompt.revision), (Source::Stale, 60, Some(7)));
    assert_eq!(old.error.unwrap().problem().unwrap().code, "unavailable");
    for _ in 0..5 {
        source(&promptlab).await;
    }
    assert_eq!(server.requests().len(), 2, "it is left in peace for a second");
    server.otherwise(Script::Stall);
    advance(Duration::from_secs(2)).await;
    let began = Instant::now();
    assert_eq!((source(&promptlab).await, began.elapsed().as_millis()), (Source::Stale, 1_000));
    advance(Duration::from_secs(3_600)).await;
    assert!(matches!(promptlab.resolve("greeting", Resolve::default()).await, Err(Error::Timeout(_))));
}

#[tokio::test(start_paused = true)]
async fn the_fallback_is_marked_and_no_way_around_a_mistake() {
    let server = Server::new(Script::Cut);
    let promptlab = client(&server, impatient());
    let question = Resolve::default().fallback_text("Hello.");
    let answer = promptlab.resolve("greeting", question.clone()).await.unwrap();
    assert!(answer.is_fallback() && matches!(answer.error, Some(Error::Connection(_))));
    assert_eq!(
        (answer.prompt.resolved_text.as_deref(), answer.prompt.version_id.as_deref()),
        (Some("Hello."), None)
    );
    sleep(Duration::from_secs(1)).await;
    server.otherwise(problem(422, "missing_variables", &[]));
    let error = promptlab.resolve("greeting", question.clone()).await.unwrap_err();
    assert_eq!(error.to_string(), "why (422 missing_variables, req_2)");
    server.otherwise(ok(7));
    source(&promptlab).await;
    server.otherwise(problem(404, "not_found", &[]));
    sleep(Duration::from_secs(60)).await;
    assert!(promptlab.resolve("greeting", Resolve::default()).await.is_err(), "the server has answered");
    assert!(promptlab.resolve("greeting", question).await.unwrap().is_fallback());
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_tried_again_when_that_may_help() {
    let server = Server::new(ok(7));
    server.then([problem(500, "internal", &[]), Script::Cut]);
    source(&client(&server, Options::default())).await;
    server.then([Script::Stall]);
    source(&client(&server, Options::default())).await;
    server.then([problem(429, "rate_limited", &[("retry-after", "2")])]);
    let began = Instant::now();
    source(&client(&server, Options::default())).await;
    assert!((2_000..2_300).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert_eq!(server.requests().len(), 7);
    for (status, retry_after) in [(401, "0"), (429, "60")] {
        server.then([problem(status, "no", &[("retry-after", retry_after)])]);
        let error =
            client(&server, Options::default()).resolve("greeting", Resolve::default()).await.unwrap_err();
        assert_eq!(error.problem().unwrap().status, status);
    }
    assert_eq!(server.requests().len(), 9);
    let none =
        Options { cache: CachePolicy { max_entries: 0, ..CachePolicy::default() }, ..Options::default() };
    let promptlab = client(&server, none);
    assert_eq!((source(&promptlab).await, source(&promptlab).await), (Source::Server, Source::Server));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_no_header_is_not_quoted() {
    let server = Server::new(ok(7));
    for (url, key) in
        [("http://server.test", "pl_secret\n"), ("http://a:pl_secret@server.test", KEY), ("server", KEY)]
    {
        let error = PromptLab::with_transport(url, key, Options::default(), server.clone()).unwrap_err();
        assert!(matches!(error, Error::Configuration(_)) && !error.to_string().contains("pl_secret"));
    }
}

fn inference(model: &str) -> Inference {
    Inference { model: model.to_owned(), ..Inference::default() }
}

#[tokio::test(start_paused = true)]
async fn events_go_together_after_a_while_or_when_a_batch_is_full() {
    let server = Server::new(Script::TakeAll);
    let promptlab = client(&server, Options::default());
    let id = promptlab.log(Inference { tokens_in: Some(3), ..inference("m") });
    promptlab.log(inference("m"));
    sleep(Duration::from_millis(900)).await;
    assert_eq!(server.requests().len(), 0);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(
        server.requests()[0]["events"][0],
        json!({"type": "inference", "id": id, "model": "m", "tokens_in": 3})
    );
    for _ in 0..1_200 {
        promptlab.log(inference("m"));
    }
    sleep(Duration::from_millis(10)).await;
    let sizes: Vec<usize> =
        server.requests().iter().map(|body| body["events"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [2, 500, 500, 200]);
    promptlab.log(Inference {
        output: Some("x".repeat(2_000_000).into()),
        tokens_in: Some(7),
        ..inference("m")
    });
    assert!(promptlab.close(Duration::from_secs(1)).await);
    let last = server.events().pop().unwrap();
    assert_eq!(
        (&last["tokens_in"], &last["output"], &last["metadata"]["contents_omitted"]),
        (&json!(7), &Value::Null, &json!("too large"))
    );
    promptlab.log(inference("late"));
    let statistics = promptlab.log_statistics();
    assert_eq!((statistics.accepted, statistics.queued, statistics.dropped), (1_203, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_gets_everything_later() {
    let server = Server::new(Script::TakeAll);
    server.then([
        problem(500, "internal", &[]),
        Script::Cut,
        problem(429, "rate_limited", &[("retry-after", "20")]),
        Script::Stall,
    ]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let errors = Arc::clone(&seen);
    let on_error: OnError = Arc::new(move |error| errors.lock().unwrap().push(error.to_string()));
    let promptlab = client(&server, Options { on_error: Some(on_error), ..Options::default() });
    let ids = [promptlab.log(inference("a")), promptlab.log(inference("b"))];
    assert!(!promptlab.flush(Duration::from_millis(100)).await);
    sleep(Duration::from_secs(90)).await;
    let statistics = promptlab.log_statistics();
    assert_eq!((statistics.accepted, statistics.failed_sends, statistics.queued), (2, 4, 0));
    assert_eq!(server.requests().len(), 5);
    for body in server.requests() {
        assert_eq!([&body["events"][0]["id"], &body["events"][1]["id"]], [&json!(ids[0]), &json!(ids[1])]);
    }
    assert_eq!(seen.lock().unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_is_given_up_loses_nothing() {
    let server = Server::new(Script::Stall);
    let promptlab = client(&server, Options::default());
    promptlab.log(inference("m"));
    assert!(!promptlab.flush(Duration::from_millis(100)).await);
    assert_eq!(promptlab.log_statistics().queued, 1);
    server.otherwise(Script::TakeAll);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(promptlab.log_statistics().accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_refused_once_and_what_is_too_much_is_halved() {
    let server = Server::new(Script::TakeAll);
    let answer = json!({"accepted": 1, "duplicates": 1, "rejected": [{"index": 1, "code": "validation_failed", "detail": "model: what answered"}]});
    server.then([Script::Answer(202, answer, Vec::new()), problem(413, "body_too_large", &[])]);
    let options = Options { log: LogPolicy { max_events: 3, ..LogPolicy::default() }, ..Options::default() };
    let promptlab = client(&server, options);
    for model in ["gone", "a", "", "c"] {
        promptlab.log(inference(model));
    }
    assert!(promptlab.flush(Duration::from_secs(1)).await);
    for model in ["a", "b", "c"] {
        promptlab.log(inference(model));
    }
    assert!(promptlab.flush(Duration::from_secs(1)).await);
    let sizes: Vec<usize> =
        server.requests().iter().map(|body| body["events"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [3, 3, 1, 2]);
    let statistics = promptlab.log_statistics();
    assert_eq!(
        (statistics.accepted, statistics.duplicates, statistics.rejected, statistics.dropped),
        (4, 1, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_is_measured_and_logged_once_however_it_ends() {
    let server = Server::new(ok(7));
    let promptlab = client(&server, Options::default());
    let answer = promptlab.resolve("greeting", Resolve::default()).await.unwrap();
    server.otherwise(Script::TakeAll);
    server.0.lock().unwrap().requests.clear();

    let mut stream = promptlab.begin(Some(&answer), Inference::default());
    let id = stream.id().to_owned();
    advance(Duration::from_millis(40)).await;
    stream.chunk(&json!({"model": "m-2026", "choices": [{"delta": {"content": "Hel"}}]}));
    advance(Duration::from_millis(60)).await;
    stream.chunk(&json!({"choices": [{"delta": {"content": "lo", "tool_calls": [{"index": 0, "id": "a", "function": {"name": "time", "arguments": "{"}}]}}]}));
    stream.chunk(
        &json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]}}]}),
    );
    stream.chunk(&json!({"choices": [], "usage": {"prompt_tokens": 31, "completion_tokens": 17, "prompt_tokens_details": {"cached_tokens": 8}}}));
    stream.finish();
    promptlab.begin(None, inference("m")).fail("rate_limit", &"slow down");
    drop(promptlab.begin(None, inference("m")));
    let whole = json!({"model": "m", "choices": [{"message": {"content": "Hi."}}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
    promptlab.begin(Some(&answer), Inference::default()).completion(&whole);
    assert!(promptlab.flush(Duration::from_secs(1)).await);

    let events = server.events();
    let statuses: Vec<&str> = events.iter().map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["ok", "error", "cancelled", "ok"]);
    let first = &events[0];
    assert_eq!(
        [&first["id"], &first["request_id"], &first["prompt_id"]],
        [&json!(id), &json!(id), &json!("prm_1")]
    );
    assert_eq!(
        [&first["output"], &first["model"], &first["tokens_in"]],
        [&json!("Hello"), &json!("m-2026"), &json!(31)]
    );
    assert_eq!(
        [&first["ttft_ms"], &first["latency_ms"], &first["cached_tokens_in"]],
        [&json!(40.0), &json!(100.0), &json!(8)]
    );
    assert_eq!(first["tools"][0]["function"], json!({"name": "time", "arguments": "{}"}));
    assert_eq!((&events[1]["error_code"], &events[1]["error"]), (&json!("rate_limit"), &json!("slow down")));
    assert_eq!((&events[3]["output"], &events[3]["tokens_out"]), (&json!("Hi."), &json!(2)));
}

#[test]
fn a_request_has_the_prompt_before_the_calls_messages() {
    let prompt: Prompt = serde_json::from_value(resolved(7)).unwrap();
    let request = chat_request(&prompt, [json!({"role": "user", "content": "hi"})]);
    assert_eq!(
        request,
        json!({"model": "offline", "temperature": 0.5, "max_tokens": 40, "top_p": 0.9, "messages": [
        {"role": "system", "content": "Be kind.\n\nHello Zoë."}, {"role": "user", "content": "in"},
        {"role": "assistant", "content": "out"}, {"role": "user", "content": "hi"}]})
    );
}
