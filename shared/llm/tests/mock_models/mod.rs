//! The mock model server of `tests/mock-models`, started once for each test binary.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::StreamExt;
use llm::{
    Candidate, ChatRequest, DeltaStream, Error, Message, Provider, RetryPolicy, Secret, Settings, Timeouts,
    Transcript,
};
use serde_json::Value;

/// The three that are asked over HTTP.
pub(crate) const REMOTE: [Provider; 3] = [Provider::OpenAi, Provider::Anthropic, Provider::Gemini];

/// The server's address. It ends with this process, because its standard input does.
pub(crate) fn url() -> &'static str {
    static SERVER: OnceLock<(Child, String)> = OnceLock::new();
    let (_, url) = SERVER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let pinned = root.join("node_modules/.bin/node");
        let node = if pinned.exists() { pinned.as_os_str() } else { "node".as_ref() };
        let mut server = Command::new(node)
            .arg(root.join("tests/mock-models/server.mjs"))
            .arg("--watch-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        (server, ready["url"].as_str().unwrap().to_owned())
    });
    url
}

/// A model of the mock server. Tests use a key each, to keep their counts and logs apart.
pub(crate) fn candidate(provider: Provider, model: &str, key: &str) -> Candidate {
    Candidate {
        provider,
        provider_name: provider.to_string(),
        model: model.to_owned(),
        api_key: Secret::new(key),
        base_url: Some(format!("{}/v1", url())),
    }
}

/// A question.
pub(crate) fn question() -> ChatRequest {
    ChatRequest {
        system: Some("You are terse.".to_owned()),
        messages: vec![Message::user("Hi")],
        temperature: Some(0.5),
        max_tokens: Some(100),
        ..ChatRequest::default()
    }
}

/// Standard settings, but quick to give up.
pub(crate) fn settings() -> Settings {
    Settings {
        timeouts: Timeouts {
            head: Duration::from_secs(1),
            first_token: Duration::from_millis(1500),
            idle: Duration::from_millis(400),
            total: Duration::from_secs(20),
        },
        retry: RetryPolicy { base: Duration::from_millis(5), ..RetryPolicy::STANDARD },
        ..Settings::STANDARD
    }
}

/// The text that the server gives for a number of words.
pub(crate) fn text(words: usize) -> String {
    let vocabulary = ["Straße", "über", "🌍", "naïve", "token", "流れ", "a", "prompt", "—", "“edge”"];
    let words: Vec<_> = (0..words).map(|index| format!("{}{index}", vocabulary[index % 10])).collect();
    words.join(" ")
}

/// Reads to the end. Fails when anything comes after an error or a finish.
pub(crate) async fn read(mut stream: DeltaStream) -> (Transcript, Option<Error>) {
    let mut transcript = Transcript::default();
    let mut failure = None;
    while let Some(delta) = stream.next().await {
        assert!(failure.is_none() && transcript.finish_reason.is_none(), "{delta:?} after the end");
        match delta {
            Ok(delta) => transcript.push(&delta),
            Err(error) => failure = Some(error),
        }
    }
    (transcript, failure)
}

/// What the server has received with a key.
pub(crate) async fn requests(key: &str) -> Vec<Value> {
    let request =
        http::Request::get(format!("{}/__requests?key={key}", url())).body(bytes::Bytes::new()).unwrap();
    let response = platform::http::send(request, Duration::from_secs(5)).await.unwrap();
    let body = platform::http::collect(response.into_body(), 1 << 24, Duration::from_secs(5)).await.unwrap();
    let log: Value = serde_json::from_slice(&body).unwrap();
    log["requests"].as_array().unwrap().clone()
}
