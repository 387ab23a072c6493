//! Sending HTTP requests.

use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::StreamExt;

/// A response body as it arrives. Dropping it aborts the request.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// Why a request got no (complete) answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request cannot be sent as it is: a malformed address, say.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// No connection, or it broke before the response began.
    #[error("connection failed: {0}")]
    Connect(String),
    /// The response broke off in the middle.
    #[error("response interrupted: {0}")]
    Interrupted(String),
    /// The response, or its rest, did not come in time.
    #[error("timed out")]
    Timeout,
    /// The body is larger than the reader allows.
    #[error("response larger than {0} bytes")]
    TooLarge(usize),
}

/// Sends `request` and returns when the response's head is there, or with [`Error::Timeout`] after
/// `head_timeout`. Any status is a response. Redirects are not followed.
///
/// The body is not limited in time or size: wrap reads in [`crate::time::timeout`], or use [`collect`].
pub async fn send(
    request: http::Request<Bytes>,
    head_timeout: Duration,
) -> Result<http::Response<BodyStream>, Error> {
    // Some platforms would report a connection that failed.
    if request.uri().host().is_none() || !matches!(request.uri().scheme_str(), Some("http" | "https")) {
        return Err(Error::Invalid("the address is not that of a web server".to_owned()));
    }
    crate::time::timeout(head_timeout, crate::host::http::send(request)).await.unwrap_or(Err(Error::Timeout))
}

/// The whole body, at most `limit` bytes, each chunk within `idle_timeout` of the one before.
pub async fn collect(mut body: BodyStream, limit: usize, idle_timeout: Duration) -> Result<Bytes, Error> {
    let mut whole = BytesMut::new();
    while let Some(chunk) =
        crate::time::timeout(idle_timeout, body.next()).await.map_err(|_| Error::Timeout)?
    {
        let chunk = chunk?;
        if whole.len() + chunk.len() > limit {
            return Err(Error::TooLarge(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}
