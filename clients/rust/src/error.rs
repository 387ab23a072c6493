//! What goes wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::transport::Response;

/// Why there is no answer. It holds nothing of the request: no key, no variables.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Error {
    /// The server has answered with a problem.
    Problem(Box<Problem>),
    /// The server was not reached, or the connection broke before the whole answer was there.
    Connection(Arc<dyn std::error::Error + Send + Sync>),
    /// The server did not answer in this time.
    Timeout(Duration),
    /// The client cannot be made, or not be used, like this.
    Configuration(&'static str),
    /// An event could not be kept.
    Event(String),
}

/// A problem document (RFC 9457), or what is known of a response without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The response's status.
    pub status: u16,
    /// The server's code, such as `not_found`.
    pub code: String,
    /// What is wrong, in words.
    pub detail: String,
    /// The request, as the server's log names it.
    pub request_id: Option<String>,
    /// The fields that are wrong.
    pub errors: Vec<FieldError>,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// Its place in the request.
    pub field: String,
    /// For programs.
    pub code: String,
    /// For people.
    pub detail: String,
}

impl Error {
    /// Whether the same request may succeed later: nobody answered, or whoever did is overloaded or broken.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Problem(problem) => matches!(problem.status, 408 | 429) || problem.status >= 500,
            Self::Connection(_) | Self::Timeout(_) => true,
            Self::Configuration(_) | Self::Event(_) => false,
        }
    }

    /// Whether the request itself is wrong, so that no other server and no other time would help.
    pub fn is_mistake(&self) -> bool {
        match self {
            Self::Problem(problem) => matches!(problem.status, 400 | 413 | 415 | 422),
            Self::Connection(_) | Self::Timeout(_) => false,
            Self::Configuration(_) | Self::Event(_) => true,
        }
    }

    /// What the server has said, if it has.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.problem().map(|problem| problem.status)
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.problem().and_then(|problem| problem.retry_after)
    }

    /// An answer that is not the server's: a broken one, or a proxy's.
    pub(crate) fn unreadable(error: serde_json::Error) -> Self {
        Self::Connection(Arc::new(error))
    }

    pub(crate) fn of_response(response: &Response) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Document {
            code: Option<String>,
            detail: Option<String>,
            request_id: Option<String>,
            errors: Vec<FieldError>,
        }
        let document: Document = serde_json::from_slice(&response.body).unwrap_or_default();
        let status = response.status;
        Self::Problem(Box::new(Problem {
            status,
            code: document.code.unwrap_or_else(|| format!("http_{status}")),
            detail: document.detail.unwrap_or_else(|| format!("PromptLab answered {status}")),
            request_id: document.request_id.or_else(|| response.header("x-request-id").map(str::to_owned)),
            errors: document.errors,
            // The server says seconds; a proxy's date is left to the rule.
            retry_after: response
                .header("retry-after")
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => {
                write!(formatter, "{} ({} {}", problem.detail, problem.status, problem.code)?;
                match &problem.request_id {
                    Some(request_id) => write!(formatter, ", {request_id})"),
                    None => write!(formatter, ")"),
                }
            }
            Self::Connection(error) => write!(formatter, "PromptLab could not be reached: {error}"),
            Self::Timeout(time) => {
                write!(formatter, "PromptLab did not answer within {} ms", time.as_millis())
            }
            Self::Configuration(reason) => formatter.write_str(reason),
            Self::Event(reason) => write!(formatter, "an event was lost: {reason}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connection(error) => Some(&**error),
            _ => None,
        }
    }
}
