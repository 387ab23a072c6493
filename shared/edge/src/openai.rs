//! Errors under `/v1`, in the envelope that `OpenAI`'s clients read:
//! `{"error": {"message", "type", "param", "code"}}`.

use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use crate::Problem;

/// The paths whose errors have this form.
const PREFIX: &str = "/v1/";

#[derive(Serialize)]
struct Envelope<'a> {
    error: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: &'a str,
}

/// Whether a path's errors have this form.
pub(crate) fn speaks(path: &str) -> bool {
    path.starts_with(PREFIX)
}

impl Problem {
    /// The status under which `OpenAI`'s clients know this: they have no 422.
    pub fn openai_status(&self) -> u16 {
        if self.status() == 422 { 400 } else { self.status() }
    }

    /// The document in `OpenAI`'s envelope, as JSON text.
    pub fn openai_document(&self) -> Vec<u8> {
        let first = self.errors().first();
        let code = match self.code() {
            "unauthenticated" => "invalid_api_key",
            "rate_limited" => "rate_limit_exceeded",
            "validation_failed" => first.map_or("validation_failed", |error| match error.code {
                "required" => "missing_required_parameter",
                code => code,
            }),
            code => code,
        };
        let field = first.map(|error| error.field.as_str()).filter(|field| *field != "body");
        let param = if code == "model_not_found" { Some("model") } else { field };
        let error = Parts { message: self.detail(), r#type: kind(self.status(), code), param, code };
        serde_json::to_vec(&Envelope { error }).unwrap_or_default()
    }

    /// The response in `OpenAI`'s envelope.
    pub(crate) fn to_openai_response(&self) -> Response {
        let mut response = Response::new(axum::body::Body::from(self.openai_document()));
        *response.status_mut() = http::StatusCode::from_u16(self.openai_status())
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        self.write_headers(response.headers_mut());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// What `OpenAI` says of an error besides its code. A key that is unknown, or may not do this, is a request like others
/// that are not as they should be; of rates it says what is limited.
fn kind(status: u16, code: &str) -> &'static str {
    match (status, code) {
        (_, "insufficient_quota") => "insufficient_quota",
        (429, _) => "requests",
        (500.., _) => "server_error",
        _ => "invalid_request_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Error;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(problem: Problem, status: u16, expected: Value) {
        assert_eq!(problem.openai_status(), status);
        let document: Value = serde_json::from_slice(&problem.openai_document()).unwrap();
        assert_eq!(document, json!({ "error": expected }));
    }

    #[test]
    fn problems_are_told_in_openais_words() {
        check(
            Error::field("messages", "required", "what to answer").into(),
            400,
            json!({"message": "messages: what to answer", "type": "invalid_request_error", "param": "messages",
                "code": "missing_required_parameter"}),
        );
        check(
            Problem::unauthenticated("no key"),
            401,
            json!({"message": "no key", "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}),
        );
        check(
            Problem::new(404, "model_not_found", "no such model"),
            404,
            json!({"message": "no such model", "type": "invalid_request_error", "param": "model",
                "code": "model_not_found"}),
        );
        check(
            Problem::new(429, "rate_limited", "slow down"),
            429,
            json!({"message": "slow down", "type": "requests", "param": null, "code": "rate_limit_exceeded"}),
        );
        check(
            Problem::new(429, "insufficient_quota", "pay first"),
            429,
            json!({"message": "pay first", "type": "insufficient_quota", "param": null,
                "code": "insufficient_quota"}),
        );
    }

    #[test]
    fn the_path_decides() {
        assert!(speaks("/v1/chat/completions") && speaks("/v1/nothing"));
        assert!(!speaks("/api/chat") && !speaks("/v1"));
    }
}
