//! Requests of the function's own.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use platform::http::{BodyStream, Error};
use serde_json::{Value, json};

/// A request to send.
#[derive(serde::Deserialize)]
pub struct Wanted {
    url: String,
    #[serde(default = "get")]
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default = "ten_seconds")]
    head_timeout_ms: u64,
    #[serde(default = "ten_seconds")]
    idle_timeout_ms: u64,
    #[serde(default = "a_million")]
    limit: usize,
}

fn get() -> String {
    "GET".to_owned()
}

fn ten_seconds() -> u64 {
    10_000
}

fn a_million() -> usize {
    1_000_000
}

async fn send(wanted: &Wanted) -> Result<http::Response<BodyStream>, Error> {
    let mut request = http::Request::builder().method(wanted.method.as_str()).uri(&wanted.url);
    for (name, value) in &wanted.headers {
        request = request.header(name, value);
    }
    let request =
        request.body(Bytes::from(wanted.body.clone())).map_err(|error| Error::Invalid(error.to_string()))?;
    platform::http::send(request, Duration::from_millis(wanted.head_timeout_ms)).await
}

fn name_of(error: &Error) -> Value {
    let name = match error {
        Error::Invalid(_) => "invalid",
        Error::Connect(_) => "connect",
        Error::Interrupted(_) => "interrupted",
        Error::Timeout => "timeout",
        Error::TooLarge(_) => "too_large",
    };
    json!({"error": name, "message": error.to_string()})
}

/// Sends a request and answers with the whole response, or with the error.
pub async fn whole(body: Bytes) -> String {
    let Ok(wanted) = serde_json::from_slice::<Wanted>(&body) else { return "null".to_owned() };
    let answer = async {
        let response = send(&wanted).await?;
        let (parts, body) = response.into_parts();
        let idle = Duration::from_millis(wanted.idle_timeout_ms);
        let body = platform::http::collect(body, wanted.limit, idle).await?;
        let headers: Vec<[String; 2]> = parts
            .headers
            .iter()
            .map(|(name, value)| [name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()])
            .collect();
        Ok(
            json!({"status": parts.status.as_u16(), "headers": headers, "body": String::from_utf8_lossy(&body)}),
        )
    };
    answer.await.unwrap_or_else(|error| name_of(&error)).to_string()
}

/// Passes the response's body on as it arrives.
pub async fn relay(body: Bytes) -> Body {
    let Ok(wanted) = serde_json::from_slice::<Wanted>(&body) else { return Body::empty() };
    match send(&wanted).await {
        Ok(response) => Body::from_stream(response.into_body()),
        Err(error) => Body::from(name_of(&error).to_string()),
    }
}

/// Reads the first chunk and drops the rest.
pub async fn first(body: Bytes) -> Body {
    let Ok(wanted) = serde_json::from_slice::<Wanted>(&body) else { return Body::empty() };
    match send(&wanted).await {
        Ok(response) => {
            let chunk = response.into_body().next().await;
            Body::from(chunk.and_then(Result::ok).unwrap_or_default())
        }
        Err(error) => Body::from(name_of(&error).to_string()),
    }
}

/// Tells the test at `url` what happened.
pub async fn report(url: &str, event: &str) {
    let Ok(request) = http::Request::post(format!("{url}?event={event}")).body(Bytes::new()) else { return };
    if let Err(error) = platform::http::send(request, Duration::from_secs(5)).await {
        platform::error!("report failed", error = error.to_string());
    }
}
