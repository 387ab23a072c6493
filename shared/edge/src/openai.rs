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
            "validation_failed" => first.map_or("validation_failed", |error| error.code),
            code => code,
        };
        let field = first.map(|error| error.field.as_str()).filter(|field| *field != "body");
        let param = if code == "model_not_found" { Some("model") } else { field };
        let error = Parts { message: self.detail(), r#type: kind(self.status()), param, code };
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

/// `OpenAI`'s name for errors of a status.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
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
                "code": "required"}),
        );
        check(
            Problem::unauthenticated("no key"),
            401,
            json!({"message": "no key", "type": "authentication_error", "param": null, "code": "invalid_api_key"}),
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
            json!({"message": "slow down", "type": "rate_limit_error", "param": null,
                "code": "rate_limit_exceeded"}),
        );
    }

    #[test]
    fn the_path_decides() {
        assert!(speaks("/v1/chat/completions") && speaks("/v1/nothing"));
        assert!(!speaks("/api/chat") && !speaks("/v1"));
    }
}
