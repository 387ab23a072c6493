//! Cross-origin requests: which pages of which origins may call, by configuration.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, VARY,
};
use platform::Config;

/// Origins, comma-separated, or `*`.
const SETTING: &str = "CORS_ALLOWED_ORIGINS";
const EXPOSED: &str = "etag, x-request-id, x-promptlab-age-ms, x-promptlab-stale, x-promptlab-prompt-id, \
                       x-promptlab-version-id, x-promptlab-experiment-id, x-promptlab-variant, \
                       x-promptlab-missing-variables, x-should-retry, retry-after, \
                       ratelimit-limit, ratelimit-remaining, ratelimit-reset, idempotent-replayed, \
                       content-disposition";
const ALLOWED: &str = "authorization, content-type, idempotency-key, if-none-match, last-event-id, \
                       traceparent, x-api-key, x-request-id";

/// The origin to allow, if `origin` is configured.
fn allowed(origin: &HeaderValue, config: &Config) -> Option<HeaderValue> {
    let configured = config.get(SETTING)?;
    let text = origin.to_str().ok()?;
    let mut origins = configured.split(',').map(|entry| entry.trim().trim_end_matches('/'));
    origins.any(|entry| entry == "*" || entry == text).then(|| origin.clone())
}

/// Adds what an allowed page needs to read the response.
pub(crate) fn allow(headers: &mut HeaderMap, origin: Option<&HeaderValue>, config: &Config) -> bool {
    if config.get(SETTING).is_some() {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
    let Some(origin) = origin.and_then(|origin| allowed(origin, config)) else { return false };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    true
}

/// Adds what the answer to a preflight says.
pub(crate) fn allow_preflight(headers: &mut HeaderMap) {
    let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
}
