//! By `reqwest`, against a server that stalls, breaks off and redirects.
#![expect(clippy::unwrap_used, reason = "it is a test, its helpers included")]
#![cfg(feature = "reqwest")]

use std::time::Duration;

use promptlab::{Error, Options, Patience, PromptLab, Resolve, Source};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers one connection after the other with these bytes; with nothing it stalls.
async fn serve(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = [0; 4_096];
            let _ = socket.read(&mut head).await.unwrap();
            if answer.is_empty() {
                open.push(socket);
            } else {
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    url
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

#[tokio::test]
async fn stalls_cuts_and_errors_are_survived() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"half\":".to_owned();
    let answer =
        http("200 OK", "X-Request-Id: req_1\r\n", r#"{"name": "greeting", "resolved_text": "Hello."}"#);
    let url = serve(vec![String::new(), cut, http("503 Unavailable", "", "<html>"), answer]).await;
    let patience =
        Patience { attempt_timeout: Duration::from_millis(200), retries: 3, ..Patience::default() };
    let promptlab = PromptLab::new(&url, "pl_x", Options { patience, ..Options::default() }).unwrap();
    let answer = promptlab.resolve("greeting", Resolve::default()).await.unwrap();
    assert_eq!((answer.source, answer.request_id.as_deref()), (Source::Server, Some("req_1")));
    assert_eq!(answer.prompt.resolved_text.as_deref(), Some("Hello."));
}

#[tokio::test]
async fn the_key_follows_no_redirect_and_is_in_no_error() {
    let url = serve(vec![http("302 Found", "location: http://127.0.0.1:1/\r\n", "")]).await;
    let promptlab = PromptLab::new(&url, "pl_secret", Options::default()).unwrap();
    let error = promptlab.resolve("greeting", Resolve::default()).await.unwrap_err();
    assert_eq!(error.problem().unwrap().status, 302);
    let none = Patience { retries: 0, ..Patience::default() };
    let nowhere =
        PromptLab::new("http://127.0.0.1:1", "pl_secret", Options { patience: none, ..Options::default() });
    let gone = nowhere.unwrap().resolve("greeting", Resolve::default()).await.unwrap_err();
    assert!(matches!(gone, Error::Connection(_)));
    for error in [error, gone] {
        assert!(!format!("{error} {error:?}").contains("pl_secret"));
    }
}
