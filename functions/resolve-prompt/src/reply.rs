//! The answer to one resolution.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use cache::Held;
use http::header::HeaderValue;
use platform::serve::Answer;
use resolution::{Prepared, Resolved};

/// The answer to `input`, the query or the body as it came: 200, or 304 when the caller has it already.
pub(crate) fn answer(
    resolved: &Resolved,
    found: &Held<Arc<Prepared>>,
    input: &[u8],
    if_none_match: Option<&str>,
) -> Answer {
    let etag = etag(resolved, input);
    let known = if_none_match.is_some_and(|tags| tags == "*" || tags.split(',').any(|tag| same(tag, &etag)));
    let mut headers = vec![
        ("content-type", Cow::Borrowed("application/json")),
        ("etag", Cow::Owned(etag)),
        ("x-promptlab-age-ms", Cow::Owned(found.age_ms.to_string())),
    ];
    if found.stale {
        headers.push(("x-promptlab-stale", Cow::Borrowed("true")));
    }
    let (status, body) = if known { (304, Vec::new()) } else { (200, resolved.to_json()) };
    Answer { status, headers, body }
}

/// Changes whenever the body may: what it says follows from the revision, the version and the input. FNV-1a
/// (<http://www.isthe.com/chongo/tech/comp/fnv/>) is enough for the input: the tag protects against nothing.
fn etag(resolved: &Resolved, input: &[u8]) -> String {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let served = resolved.live().map(|live| live.tag.as_str()).unwrap_or_default();
    ["\"", served, "-", &hex::encode(hash.to_be_bytes()), "\""].concat()
}

fn same(tag: &str, etag: &str) -> bool {
    tag.trim().trim_start_matches("W/") == etag
}

/// The same answer as the handler gives it.
pub(crate) fn to_response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
