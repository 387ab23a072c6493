//! Retries, fallbacks and circuit breakers against the mock server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mock_models;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use llm::breaker::Breaker;
use llm::{
    Answer, BreakerPolicy, Candidate, Deadline, Failure, FinishReason, Kind, LocalBreakers, Pace, Provider,
    Settings,
};
use mock_models::{REMOTE, candidate, question, read, requests, settings, text};

fn breakers() -> Arc<LocalBreakers> {
    Arc::new(LocalBreakers::new(BreakerPolicy {
        open: Duration::from_millis(200),
        ..BreakerPolicy::STANDARD
    }))
}

async fn chat(chain: &[Candidate], breakers: &Arc<LocalBreakers>) -> Result<Answer, Failure> {
    llm::chat(chain, &question(), &settings(), breakers).await
}

fn kinds(attempts: &[llm::Attempt]) -> Vec<(usize, &'static str)> {
    attempts.iter().map(|attempt| (attempt.candidate, attempt.error.name())).collect()
}

#[tokio::test]
async fn passing_failures_are_retried() {
    let models = [
        ("mock-429-then-ok", "rate_limited"),
        ("mock-408-then-ok", "server_error"),
        ("mock-500-then-ok", "server_error"),
        ("mock-503-then-ok", "server_error"),
        ("mock-reset-then-ok", "connect"),
    ];
    for provider in REMOTE {
        for (model, name) in models {
            let answer = chat(&[candidate(provider, model, "retried")], &breakers()).await.unwrap();
            assert_eq!(kinds(&answer.attempts), [(0, name)], "{provider} {model}");
            let (transcript, failure) = read(answer.stream).await;
            assert_eq!((transcript.text, failure), (text(20), None), "{provider} {model}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_honoured_up_to_a_limit() {
    let start = platform::time::now_ms();
    let patient = candidate(Provider::OpenAi, "mock-429-then-ok:retry_after=0.4", "patient");
    let answer = chat(&[patient], &breakers()).await.unwrap();
    assert_eq!(answer.attempts.len(), 1);
    assert!(platform::time::now_ms() - start >= 400);

    let hopeless = candidate(Provider::OpenAi, "mock-429-then-ok:retry_after=3600", "hopeless");
    let answer =
        chat(&[hopeless, candidate(Provider::Gemini, "mock-ok", "hopeless")], &breakers()).await.unwrap();
    assert_eq!((answer.candidate, kinds(&answer.attempts)), (1, vec![(0, "rate_limited")]));
}

#[tokio::test]
async fn lasting_failures_are_not_retried() {
    for (model, name) in [
        ("mock-400", "refused"),
        ("mock-401", "authentication"),
        ("mock-context", "context_too_long"),
        ("mock-html-200", "malformed"),
        ("mock-silent", "timeout_first_token"),
    ] {
        let failure =
            chat(&[candidate(Provider::Anthropic, model, "lasting")], &breakers()).await.err().unwrap();
        assert_eq!(kinds(&failure.attempts), [(0, name)], "{model}");
    }
}

#[tokio::test]
async fn the_chain_is_followed_to_its_first_answer() {
    let chain = [
        candidate(Provider::OpenAi, "mock-500", "chain"),
        candidate(Provider::Anthropic, "mock-429-first-chunk", "chain"),
        candidate(Provider::Gemini, "mock-401", "chain"),
        candidate(Provider::OpenAi, "mock-reset", "chain"),
        candidate(Provider::Gemini, "mock-ok", "chain"),
        candidate(Provider::OpenAi, "mock-ok", "unused"),
    ];
    let answer = chat(&chain, &breakers()).await.unwrap();
    let names: Vec<_> = kinds(&answer.attempts);
    let expected = [(0, "server_error"), (1, "rate_limited"), (2, "authentication"), (3, "connect")];
    let times = [3, 3, 1, 3];
    let expected: Vec<_> = expected
        .iter()
        .zip(times)
        .flat_map(|(attempt, times)| std::iter::repeat_n(*attempt, times))
        .collect();
    assert_eq!((answer.candidate, names), (4, expected));
    assert_eq!(read(answer.stream).await.0.text, text(20));
    assert_eq!(requests("unused").await.len(), 0);

    let failure = chat(&chain[..3], &breakers()).await.err().unwrap();
    assert_eq!((failure.error.kind, failure.attempts.len()), (Kind::Authentication, 7));
    let failure = chat(&[], &breakers()).await.err().unwrap();
    assert_eq!(failure.error.kind, Kind::Refused);
}

#[tokio::test]
async fn after_the_first_token_nothing_is_asked_again() {
    for (model, name) in [("mock-cut-half-event", "interrupted"), ("mock-429-midstream", "rate_limited")] {
        for provider in REMOTE {
            let key = format!("once-{provider}-{model}");
            let chain = [candidate(provider, model, &key), candidate(provider, "mock-ok", &key)];
            let answer = chat(&chain, &breakers()).await.unwrap();
            let (transcript, failure) = read(answer.stream).await;
            assert!(!transcript.text.is_empty(), "{provider} {model}");
            assert_eq!(failure.unwrap().name(), name, "{provider} {model}");
            assert_eq!(requests(&key).await.len(), 1, "{provider} {model}");
        }
    }
}

#[tokio::test]
async fn the_total_time_covers_retries_and_fallbacks() {
    let mut settings = settings();
    settings.timeouts.total = Duration::from_millis(300);
    let chain = [
        candidate(Provider::OpenAi, "mock-slow-head", "total"),
        candidate(Provider::OpenAi, "mock-ok", "total-unused"),
    ];
    let start = platform::time::now_ms();
    let failure = llm::chat(&chain, &question(), &settings, &breakers()).await.err().unwrap();
    assert_eq!(failure.error.kind, Kind::Timeout(Deadline::Total));
    assert!(platform::time::now_ms() - start < 1000);
    assert_eq!(requests("total-unused").await.len(), 0);
}

/// Breaks or mends a model of the mock server.
async fn behave(model: &str, behaviour: &str) {
    let body = serde_json::json!({"model": model, "behaviour": behaviour}).to_string();
    let request =
        http::Request::post(format!("{}/__behaviour", mock_models::url())).body(body.into()).unwrap();
    platform::http::send(request, Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn a_breaker_opens_probes_and_recovers() {
    let breakers = breakers();
    let candidate = candidate(Provider::OpenAi, "breaker-outage", "breaker");
    let key = candidate.breaker_key();
    let chain = [candidate];
    behave("breaker-outage", "mock-cut-half-event").await;
    for _ in 0..5 {
        let answer = chat(&chain, &breakers).await.unwrap();
        assert_eq!(read(answer.stream).await.1.unwrap().kind, Kind::Interrupted);
    }
    assert!(matches!(breakers.state(&key), Breaker::Open { .. }));

    let failure = chat(&chain, &breakers).await.err().unwrap();
    assert_eq!(failure.error.kind, Kind::CircuitOpen);
    assert_eq!(requests("breaker").await.len(), 5, "nothing is sent while it is open");

    behave("breaker-outage", "mock-500").await;
    tokio::time::sleep(Duration::from_millis(220)).await;
    let failure = chat(&chain, &breakers).await.err().unwrap();
    assert_eq!(kinds(&failure.attempts), [(0, "server_error"), (0, "circuit_open")]);

    behave("breaker-outage", "mock-ok").await;
    tokio::time::sleep(Duration::from_millis(420)).await;
    let answer = chat(&chain, &breakers).await.unwrap();
    assert_eq!(breakers.state(&key), Breaker::default(), "the first token closes it");
    assert_eq!(read(answer.stream).await.0.finish_reason, Some(FinishReason::Stop));
}

#[tokio::test]
async fn only_one_probe_is_sent() {
    let breakers = breakers();
    let candidate = candidate(Provider::OpenAi, "breaker-probe", "probe");
    let chain = [candidate];
    behave("breaker-probe", "mock-400").await;
    for _ in 0..20 {
        assert_eq!(chat(&chain, &breakers).await.err().unwrap().error.kind, Kind::Refused);
    }
    behave("breaker-probe", "mock-500").await;
    while chat(&chain, &breakers).await.err().unwrap().error.kind != Kind::CircuitOpen {}
    behave("breaker-probe", "mock-ok:first=100").await;
    tokio::time::sleep(Duration::from_millis(220)).await;
    let before = requests("probe").await.len();
    let answers = futures_util::future::join_all((0..10).map(|_| chat(&chain, &breakers))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(requests("probe").await.len(), before + 1);
}

#[tokio::test]
async fn a_probe_that_is_dropped_makes_way_for_the_next() {
    let chain = [candidate(Provider::OpenAi, "left-alone", "left-alone")];
    let (key, breakers) = (chain[0].breaker_key(), breakers());
    behave("left-alone", "mock-500").await;
    while chat(&chain, &breakers).await.err().unwrap().error.kind != Kind::CircuitOpen {}
    behave("left-alone", "mock-silent").await;
    platform::time::sleep(Duration::from_millis(220)).await;
    let impatient = platform::time::timeout(Duration::from_millis(100), chat(&chain, &breakers)).await;
    assert!(impatient.is_err(), "its client left before the first token");
    assert!(matches!(breakers.state(&key), Breaker::Open { openings: 1, .. }));
    behave("left-alone", "mock-ok").await;
    let answer = chat(&chain, &breakers).await.unwrap();
    assert_eq!((read(answer.stream).await.1, breakers.state(&key)), (None, Breaker::default()));
}

#[tokio::test]
async fn the_offline_model_closes_a_chain() {
    let settings = Settings { offline_pace: Pace::IMMEDIATE, ..settings() };
    let chain = [candidate(Provider::OpenAi, "mock-500", "closing"), Candidate::offline()];
    let mut answer = llm::chat(&chain, &question(), &settings, &breakers()).await.unwrap();
    assert_eq!(answer.candidate, 1);
    assert!(answer.stream.next().await.unwrap().is_ok());
}
