//! Static files in front of a function: what `spin.toml` mounts at `/assets`, where wrangler has `[assets]`.
//!
//! A component without such a mount has no files, and looking costs it nothing.

use axum::body::Body;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};

use crate::serve::Head;

const FOLDER: &str = "/assets";

/// The file at the request's path, with or without its ending `.html`.
pub(super) fn find(head: &Head<'_>) -> Option<http::Response<Body>> {
    let path = path_of(head)?;
    let candidates = if path.ends_with('/') {
        [format!("{path}index.html"), String::new()]
    } else {
        [path.to_owned(), format!("{path}.html")]
    };
    candidates.iter().filter(|candidate| !candidate.is_empty()).find_map(|candidate| read(candidate))
}

/// The page that finds its content by its own address: for what is no file, if the page may be meant. A browser asks
/// for a script, which is no page if it is missing, with `*/*`.
pub(super) fn page(head: &Head<'_>) -> Option<http::Response<Body>> {
    let path = readable(head)?;
    let accept = head.header(ACCEPT.as_str()).unwrap_or("*/*");
    let is_meant = accept.contains("text/html") || (accept.contains("*/*") && !is_named_as_file(path));
    is_meant.then(|| read("/index.html")).flatten()
}

fn is_named_as_file(path: &str) -> bool {
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
    ending.is_some_and(|(_, ending)| {
        !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The path, if a file may be there.
fn path_of<'a>(head: &Head<'a>) -> Option<&'a str> {
    let path = readable(head)?;
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    (is_plain && !path.contains("..")).then_some(path)
}

/// The path, if it is read and no function's. A page's may hold anything, such as the `%2F` of a prompt's name.
fn readable<'a>(head: &Head<'a>) -> Option<&'a str> {
    let path = head.target.split('?').next()?;
    let is_ours =
        matches!(path, "/api" | "/v1") || ["/api/", "/v1/", "/_"].iter().any(|begin| path.starts_with(begin));
    let is_read = matches!(head.method, "GET" | "HEAD");
    (is_read && !is_ours).then_some(path)
}

fn read(path: &str) -> Option<http::Response<Body>> {
    let bytes = std::fs::read(format!("{FOLDER}{path}")).ok()?;
    let mut response = http::Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=0, must-revalidate"));
    let rules = std::fs::read_to_string(format!("{FOLDER}/_headers")).unwrap_or_default();
    for (name, value) in rules_for(path, &rules) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            headers.insert(name, value);
        }
    }
    Some(response)
}

/// What `_headers` says of a path: patterns, each followed by indented headers.
fn rules_for<'a>(path: &str, rules: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut applies = false;
    let mut headers = Vec::new();
    for line in rules.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if !line.starts_with(char::is_whitespace) {
            let pattern = line.trim();
            applies =
                pattern.strip_suffix('*').map_or(pattern == path, |beginning| path.starts_with(beginning));
        } else if applies && let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim(), value.trim()));
        }
    }
    headers
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("ico") => "image/x-icon",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
