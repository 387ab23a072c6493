//! From a provider's error, in whatever format, to ours.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use crate::error::{Error, Kind};
use crate::request::Secret;

const LONGEST_MESSAGE: usize = 300;

/// The error that a response with a status other than 200 stands for.
pub(crate) fn response(status: u16, headers: &HeaderMap, body: &[u8], now_ms: i64, key: &Secret) -> Error {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    // Gemini wraps its error in an array when the request did not ask for events.
    let body = body.get(0).unwrap_or(&body);
    let report = Report::read(body);
    let retry_after = retry_after(headers, now_ms).or(report.retry_after);
    error(status, &report, retry_after, key)
}

/// The error that a provider sent as a chunk or event of a response with status 200, if `chunk` is one.
pub(crate) fn chunk(chunk: &Value, key: &Secret) -> Option<Error> {
    let error_value = chunk.get("error").filter(|error| !error.is_null())?;
    let report = Report::read(chunk);
    let status = error_value
        .get("code")
        .or_else(|| error_value.get("status"))
        .and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()))
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
        .unwrap_or_else(|| status_of_type(&report.kind));
    Some(error(status, &report, report.retry_after, key))
}

/// What the three formats say about an error.
struct Report {
    /// Type, code and status words, joined.
    kind: String,
    message: String,
    retry_after: Option<Duration>,
}

impl Report {
    fn read(body: &Value) -> Self {
        let error = body.get("error").unwrap_or(body);
        let word = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
        let message = error.as_str().or_else(|| error.get("message")?.as_str()).unwrap_or_default();
        let message = if message.is_empty() { word("detail") } else { message };
        Self {
            kind: [word("type"), word("code"), word("status")].join(" ").to_lowercase(),
            message: message.to_owned(),
            retry_after: retry_info(error),
        }
    }
}

/// Gemini's `google.rpc.RetryInfo`: `{"retryDelay": "34.5s"}`.
fn retry_info(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

fn status_of_type(kind: &str) -> u16 {
    let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    if has(&["rate_limit", "resource_exhausted", "too_many_requests"]) {
        429
    } else if has(&["authentication", "invalid_api_key", "unauthenticated"]) {
        401
    } else if has(&["permission"]) {
        403
    } else if has(&[
        "invalid_request",
        "invalid_argument",
        "context_length",
        "not_found",
        "failed_precondition",
    ]) {
        400
    } else if has(&["overloaded"]) {
        529
    } else {
        500
    }
}

fn error(status: u16, report: &Report, retry_after: Option<Duration>, key: &Secret) -> Error {
    let kind = kind(status, report, retry_after);
    let message = match kind {
        // Providers quote parts of the key here.
        Kind::Authentication => "the provider refused the API key".to_owned(),
        _ if report.message.is_empty() => format!("the provider answered with status {status}"),
        _ => presentable(&report.message, key),
    };
    Error { kind, status: Some(status), message }
}

fn kind(status: u16, report: &Report, retry_after: Option<Duration>) -> Kind {
    match status {
        // Gemini answers 400 to a wrong key.
        _ if report.message.contains("API key not valid") => Kind::Authentication,
        401 | 403 => Kind::Authentication,
        // An empty purse does not fill up in seconds.
        402 => Kind::Unpaid,
        400..=499 if is_about_money(report) => Kind::Unpaid,
        429 => Kind::RateLimited { retry_after },
        413 => Kind::ContextTooLong,
        400..=499 if is_about_context(report) => Kind::ContextTooLong,
        408 | 500..=599 => Kind::ServerError,
        400..=499 => Kind::Refused,
        // A redirect leads away from the API, or the address was never one.
        _ => Kind::Malformed,
    }
}

/// `OpenAI` has a word for it, Anthropic a sentence.
fn is_about_money(report: &Report) -> bool {
    report.kind.contains("insufficient_quota")
        || report.message.to_lowercase().contains("credit balance is too low")
}

fn is_about_context(report: &Report) -> bool {
    let message = report.message.to_lowercase();
    report.kind.contains("context_length_exceeded")
        || [
            "maximum context length",
            "context window",
            "context length",
            "prompt is too long",
            "exceeds the maximum number of tokens",
            "too many tokens",
        ]
        .iter()
        .any(|words| message.contains(words))
}

fn presentable(message: &str, key: &Secret) -> String {
    let key = key.expose();
    let message = if key.is_empty() { message.to_owned() } else { message.replace(key, "…") };
    let one_line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", one_line.get(..end).unwrap_or_default()),
        None => one_line,
    }
}

/// `retry-after-ms`, or `Retry-After` in seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(ms / 1000.0).ok();
    }
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = chrono::DateTime::parse_from_rfc2822(value).ok()?;
    Some(Duration::from_millis(u64::try_from(date.timestamp_millis() - now_ms).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: Kind) {
        let error = response(status, &HeaderMap::new(), body.as_bytes(), 0, &Secret::new("sk-secret"));
        assert_eq!(error.kind, expected, "{status} {body}");
        assert!(!error.message.contains("sk-s"), "{}", error.message);
    }

    #[test]
    fn statuses_and_bodies() {
        let limited = Kind::RateLimited { retry_after: None };
        check(
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-s****ret"}}"#,
            Kind::Authentication,
        );
        check(400, r#"{"error":{"code":400,"message":"API key not valid."}}"#, Kind::Authentication);
        check(400, r#"{"error":{"message":"bad sk-secret"}}"#, Kind::Refused);
        check(400, r#"{"error":{"code":"context_length_exceeded"}}"#, Kind::ContextTooLong);
        check(
            400,
            r#"{"type":"error","error":{"message":"prompt is too long: 9 > 8"}}"#,
            Kind::ContextTooLong,
        );
        check(400, r#"{"detail":"no"}"#, Kind::Refused);
        check(404, "not found", Kind::Refused);
        check(302, "", Kind::Malformed);
        check(402, r#"{"error":{"message":"pay"}}"#, Kind::Unpaid);
        check(400, r#"{"error":{"message":"Your credit balance is too low"}}"#, Kind::Unpaid);
        check(429, r#"{"error":{"message":"slow down"}}"#, limited);
        check(429, r#"{"error":{"code":"insufficient_quota"}}"#, Kind::Unpaid);
        check(
            429,
            r#"[{"error":{"details":[{"retryDelay":"1.5s"}]}}]"#,
            Kind::RateLimited { retry_after: Some(Duration::from_millis(1500)) },
        );
        check(408, "", Kind::ServerError);
        check(500, "<html>", Kind::ServerError);
        check(529, r#"{"error":{"type":"overloaded_error"}}"#, Kind::ServerError);
    }

    #[test]
    fn retry_after_in_three_forms() {
        let read = |name: &'static str, value: &'static str| {
            let headers =
                HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]);
            retry_after(&headers, 1_445_412_480_000).map(|wait| wait.as_millis())
        };
        assert_eq!(read("retry-after", "2"), Some(2000));
        assert_eq!(read("retry-after", "0.25"), Some(250));
        assert_eq!(read("retry-after-ms", "70"), Some(70));
        assert_eq!(read("retry-after", "Wed, 21 Oct 2015 07:28:10 GMT"), Some(10_000));
        assert_eq!(read("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT"), Some(0));
        assert_eq!(read("retry-after", "soon"), None);
        assert_eq!(read("retry-after", "-1"), None);
    }

    #[test]
    fn error_chunks() {
        let read =
            |text: &str| chunk(&serde_json::from_str(text).unwrap(), &Secret::default()).map(|e| e.kind);
        assert_eq!(read(r#"{"choices":[]}"#), None);
        assert_eq!(read(r#"{"error":null,"choices":[]}"#), None);
        assert_eq!(
            read(r#"{"error":{"code":429,"message":"x"}}"#),
            Some(Kind::RateLimited { retry_after: None })
        );
        assert_eq!(read(r#"{"error":{"type":"overloaded_error"}}"#), Some(Kind::ServerError));
        assert_eq!(read(r#"{"error":"oh"}"#), Some(Kind::ServerError));
        assert_eq!(read(r#"{"error":{"type":"invalid_request_error"}}"#), Some(Kind::Refused));
    }
}
