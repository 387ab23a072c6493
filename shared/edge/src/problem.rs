//! Errors as responses: RFC 9457 problem details. The one place where a domain error gets a status.

use axum::response::{IntoResponse, Response};
use domain::{Error, FieldError};
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde::Serialize;

/// A response that says what went wrong. It has an outward text, in the response, and may have an inward one,
/// for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    status: u16,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, String)>,
    inward: Option<String>,
    extra: Option<(&'static str, serde_json::Value)>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    extra: serde_json::Map<String, serde_json::Value>,
}

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

impl Problem {
    /// A problem with this status, code and outward text.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            inward: None,
            extra: None,
        }))
    }

    /// 401.
    pub fn unauthenticated(detail: &str) -> Self {
        Self::new(401, "unauthenticated", detail)
            .with_header(http::header::WWW_AUTHENTICATE, "Bearer realm=\"promptlab\"")
    }

    /// 405 with the methods that there are.
    pub fn method_not_allowed(allowed: String) -> Self {
        let detail = format!("this path answers to {allowed}");
        Self::new(405, "method_not_allowed", detail).with_header(ALLOW, allowed)
    }

    /// 404 for a path that no function answers.
    pub fn no_route() -> Self {
        Self::new(404, "not_found", "there is nothing at this path")
    }

    /// 413.
    pub fn body_too_large() -> Self {
        let limit = platform::serve::BODY_LIMIT_BYTES;
        Self::new(413, "body_too_large", format!("a body may have at most {limit} bytes"))
    }

    /// The same problem with a header.
    pub fn with_header(mut self, name: HeaderName, value: impl ToString) -> Self {
        self.0.headers.push((name, value.to_string()));
        self
    }

    /// The same problem with one more field in its document.
    pub fn with_field(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.0.extra = Some((name, value));
        self
    }

    fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    fn with_inward(mut self, reason: String) -> Self {
        self.0.inward = Some(reason);
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The code, for programs.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The outward text.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The fields that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What the log should say beyond the response.
    pub fn inward(&self) -> Option<&str> {
        self.0.inward.as_deref()
    }

    /// The document, as JSON text.
    pub fn document(&self, request_id: &str) -> Vec<u8> {
        let parts = &*self.0;
        let extra = parts.extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let document = Document {
            r#type: "about:blank",
            title: title(parts.status),
            status: parts.status,
            code: parts.code,
            detail: &parts.detail,
            request_id,
            errors: &parts.errors,
            extra,
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// The response with this request's id.
    pub fn to_response(&self, request_id: &str) -> Response {
        let mut response = Response::new(axum::body::Body::from(self.document(request_id)));
        *response.status_mut() =
            http::StatusCode::from_u16(self.0.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
        self.write_headers(response.headers_mut());
        response
    }

    /// Adds the problem's own headers.
    pub(crate) fn write_headers(&self, headers: &mut http::HeaderMap) {
        for (name, value) in &self.0.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.append(name.clone(), value);
            }
        }
    }
}

fn title(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => Self::new(404, "not_found", format!("there is no such {what}")),
            Error::Conflict(detail) => Self::new(409, "conflict", detail),
            Error::RevisionMismatch { current } => {
                Self::new(412, "revision_mismatch", format!("the revision in force is {current}"))
                    .with_field("current_revision", current.into())
            }
            Error::Validation(errors) => {
                let detail = errors.first().map(|first| format!("{}: {}", first.field, first.detail));
                let mut problem = Self::new(422, "validation_failed", detail.unwrap_or_default());
                problem.0.errors = errors;
                problem
            }
            Error::Malformed(detail) => Self::new(400, "invalid_json", detail),
            Error::Forbidden(detail) => Self::new(403, "forbidden", detail),
            Error::MissingVariables(names) => {
                let detail = format!("the template's variables have no value: {}", names.join(", "));
                let errors = names.iter().map(|name| {
                    FieldError::new(format!("variables.{name}"), "required", "the template uses it")
                });
                let errors = errors.collect();
                let problem = Self::new(422, "missing_variables", detail);
                problem.with_field("missing_variables", names.into()).with_errors(errors)
            }
            Error::Unavailable(reason) => {
                Self::new(503, "unavailable", "a store does not answer; try again in a second")
                    .with_header(RETRY_AFTER, 1)
                    .with_inward(reason)
            }
            Error::Internal(reason) => {
                Self::new(500, "internal", "something failed on our side").with_inward(reason)
            }
        }
    }
}

/// A problem on its way out of a handler: the pipeline knows the request id and makes the response.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() =
            http::StatusCode::from_u16(self.0.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}

/// 204, for what is done and has nothing to show.
pub fn no_content() -> Response {
    let mut response = Response::default();
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    response
}

/// `value` as a JSON response.
pub fn to_json_response<T: Serialize>(status: u16, value: &T) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| Error::Internal(error.to_string()))?;
    let mut response = Response::new(axum::body::Body::from(body));
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
