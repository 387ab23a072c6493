//! What can go wrong between a question and its answer, in terms that decide what to do next.

use std::time::Duration;

/// Why there is no (complete) answer. The message is fit for a log and for the caller: it is short and names no
/// key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What sort of failure it is.
    pub kind: Kind,
    /// The provider's status, when it answered.
    pub status: Option<u16>,
    /// What happened, for people.
    pub message: String,
}

/// The sorts of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No connection, or it broke before the response began.
    Connect,
    /// Something did not come in time.
    Timeout(Deadline),
    /// The provider asks to slow down.
    RateLimited {
        /// For how long, when it says so.
        retry_after: Option<Duration>,
    },
    /// The provider refuses this request; sending it again would change nothing.
    Refused,
    /// The request is longer than the model's context.
    ContextTooLong,
    /// The provider wants to be paid first: what the account may use is used up.
    Unpaid,
    /// The provider refuses the key.
    Authentication,
    /// The provider failed.
    ServerError,
    /// What came is not in the provider's format: a page of HTML, say.
    Malformed,
    /// The answer broke off.
    Interrupted,
    /// The circuit breaker holds this model back; nothing was sent.
    CircuitOpen,
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// The response's head.
    Head,
    /// The first token.
    FirstToken,
    /// The next token.
    Idle,
    /// The end of the answer.
    Total,
}

impl Error {
    /// An error without a status.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, status: None, message: message.into() }
    }

    pub(crate) fn timeout(deadline: Deadline) -> Self {
        let message = match deadline {
            Deadline::Head => "the provider did not respond in time",
            Deadline::FirstToken => "the first token did not come in time",
            Deadline::Idle => "the provider fell silent",
            Deadline::Total => "the answer took too long",
        };
        Self::new(Kind::Timeout(deadline), message)
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, message)
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "the provider's answer broke off")
    }

    /// Whether the same request to the same model may succeed a little later, provided no token has arrived.
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            Kind::Connect | Kind::RateLimited { .. } | Kind::ServerError | Kind::Interrupted => true,
            Kind::Timeout(_)
            | Kind::Refused
            | Kind::ContextTooLong
            | Kind::Unpaid
            | Kind::Authentication
            | Kind::Malformed
            | Kind::CircuitOpen => false,
        }
    }

    /// Whether it says that the provider, not the request, is in trouble: what a circuit breaker counts.
    pub fn is_providers_fault(&self) -> bool {
        match self.kind {
            Kind::Connect
            | Kind::Timeout(Deadline::Head | Deadline::FirstToken | Deadline::Idle)
            | Kind::RateLimited { .. }
            | Kind::ServerError
            | Kind::Malformed
            | Kind::Interrupted => true,
            // A long answer may use up the total time in good health.
            Kind::Timeout(Deadline::Total)
            | Kind::Refused
            | Kind::ContextTooLong
            | Kind::Unpaid
            | Kind::Authentication
            | Kind::CircuitOpen => false,
        }
    }

    /// A short name of the kind for logs and stored messages.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Connect => "connect",
            Kind::Timeout(Deadline::Head) => "timeout_head",
            Kind::Timeout(Deadline::FirstToken) => "timeout_first_token",
            Kind::Timeout(Deadline::Idle) => "timeout_idle",
            Kind::Timeout(Deadline::Total) => "timeout_total",
            Kind::RateLimited { .. } => "rate_limited",
            Kind::Refused => "refused",
            Kind::ContextTooLong => "context_too_long",
            Kind::Unpaid => "unpaid",
            Kind::Authentication => "authentication",
            Kind::ServerError => "server_error",
            Kind::Malformed => "malformed",
            Kind::Interrupted => "interrupted",
            Kind::CircuitOpen => "circuit_open",
        }
    }

    /// The code of the HTTP contract: `provider_timeout` (504) or `provider_error` (502).
    pub fn code(&self) -> &'static str {
        if matches!(self.kind, Kind::Timeout(_)) { "provider_timeout" } else { "provider_error" }
    }
}

impl From<platform::http::Error> for Error {
    fn from(error: platform::http::Error) -> Self {
        use platform::http::Error as Http;
        match error {
            Http::Invalid(_) => Self::new(Kind::Refused, "the request to the provider is invalid"),
            Http::Connect(_) => Self::new(Kind::Connect, "no connection to the provider"),
            Http::Interrupted(_) => Self::interrupted(),
            Http::Timeout => Self::timeout(Deadline::Head),
            Http::TooLarge(limit) => Self::malformed(format!("the response is larger than {limit} bytes")),
        }
    }
}
