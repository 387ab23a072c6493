//! Cross-origin requests: which pages of which origins may call, by configuration.

use axum::response::Response;
use http::StatusCode;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HeaderMap,
    HeaderValue, VARY,
};
use platform::Config;

/// Origins, comma-separated, or `*`.
const SETTING: &str = "CORS_ALLOWED_ORIGINS";
const EXPOSED: &str = "content-disposition, etag, idempotent-replayed, ratelimit-limit, ratelimit-remaining, \
                       ratelimit-reset, retry-after, x-promptlab-age-ms, x-promptlab-experiment-id, \
                       x-promptlab-missing-variables, x-promptlab-prompt-id, x-promptlab-stale, x-promptlab-variant, x-promptlab-version-id, \
                       x-request-id, x-should-retry";
/// What a page may send that does not say which.
const ALLOWED: &str = "authorization, content-type, idempotency-key, if-none-match, last-event-id, \
                       traceparent, x-api-key, x-request-id";
/// The longest list of headers that a page may ask for.
const LONGEST_LIST_BYTES: usize = 4_096;

/// The origin to allow, if `origin` is configured.
fn allowed(origin: &HeaderValue, config: &Config) -> Option<HeaderValue> {
    let configured = config.get(SETTING)?;
    let text = origin.to_str().ok()?;
    let mut origins = configured.split(',').map(|entry| entry.trim().trim_end_matches('/'));
    origins.any(|entry| entry == "*" || entry == text).then(|| origin.clone())
}

/// Adds what an allowed page needs to read the response.
pub(crate) fn allow(headers: &mut HeaderMap, origin: Option<&HeaderValue>, config: &Config) {
    if config.get(SETTING).is_some() {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
    let Some(origin) = origin.and_then(|origin| allowed(origin, config)) else { return };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// The answer to a preflight, to which [`allow`] adds the origin if it is an allowed one. A page may send whatever
/// headers it likes: `OpenAI`'s client sends some of its own, and what no handler reads goes no further.
pub(crate) fn preflight(asked: &HeaderMap) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let names = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|value| is_list_of_names(value.as_bytes()));
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.cloned().unwrap_or(HeaderValue::from_static(ALLOWED)));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    headers.append(VARY, HeaderValue::from_static("access-control-request-headers"));
    response
}

/// Names of headers, separated by commas. A wildcard is none: it would not cover `authorization`.
fn is_list_of_names(value: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let mut names = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    value.len() <= LONGEST_LIST_BYTES && names.all(|name| !name.is_empty() && name.iter().all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed_to(asked: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_str(asked).unwrap());
        let response = preflight(&headers);
        response.headers()[ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_page_may_send_what_it_asks_for() {
        for asked in ["x-stainless-os", "authorization,content-type, x-stainless-retry-count"] {
            assert_eq!(allowed_to(asked), asked);
        }
        let long = "x".repeat(LONGEST_LIST_BYTES + 1);
        for asked in ["", "*", "a, *", "a,,b", "a b", "a\tb", "a: b", "größe", long.as_str()] {
            assert_eq!(allowed_to(asked), ALLOWED, "{asked}");
        }
    }
}
