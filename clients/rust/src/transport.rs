//! How requests travel.

use std::fmt;
use std::pin::Pin;

/// A future of a [`Transport`].
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a request had no answer.
pub type TransportError = Box<dyn std::error::Error + Send + Sync>;

/// What sends a request and reads the whole answer. It neither follows redirects nor tries again, and needs no
/// time-out: the future is dropped when its time is up.
pub trait Transport: Send + Sync + 'static {
    /// Sends a `POST`.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>>;
}

/// A `POST`. Its `Debug` output shows neither the key nor the body.
#[non_exhaustive]
pub struct Request {
    /// Where to.
    pub url: String,
    /// Names in lower case, and values that are fit for a header. The key is among them.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("url", &self.url).finish_non_exhaustive()
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
