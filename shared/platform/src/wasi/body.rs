//! Bodies on their way in and out, without blocking the request's other work.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::FutureExt;
use wasi::http::types::{IncomingBody, http_error_code};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

use super::reactor::{self, Ready};

/// How much is read at once, in bytes.
const READ_BYTES: u64 = 64 * 1024;

/// A body as it arrives; the error says why it broke off. Dropping it tells the host that nobody reads on.
pub(crate) struct Incoming {
    // In this order: children are dropped before their parents.
    waiting: Option<Ready>,
    stream: InputStream,
    _body: IncomingBody,
}

impl Incoming {
    /// `None` when the body was taken before.
    pub(crate) fn new(body: IncomingBody) -> Option<Self> {
        let stream = body.stream().ok()?;
        Some(Self { waiting: None, stream, _body: body })
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, String>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                std::task::ready!(waiting.poll_unpin(context));
                self.waiting = None;
            }
            match self.stream.read(READ_BYTES) {
                Ok(chunk) if chunk.is_empty() => self.waiting = Some(reactor::ready(self.stream.subscribe())),
                Ok(chunk) => return Poll::Ready(Some(Ok(chunk.into()))),
                Err(StreamError::Closed) => return Poll::Ready(None),
                Err(StreamError::LastOperationFailed(error)) => {
                    let reason = http_error_code(&error)
                        .map_or_else(|| error.to_debug_string(), |code| format!("{code:?}"));
                    return Poll::Ready(Some(Err(reason)));
                }
            }
        }
    }
}

/// The other side reads no more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gone;

/// Writes all of `bytes` and sends them on their way, at the pace of the other side.
pub(crate) async fn write(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), Gone> {
    while !bytes.is_empty() {
        let room = usize::try_from(stream.check_write().map_err(|_| Gone)?).unwrap_or(usize::MAX);
        if room == 0 {
            reactor::ready(stream.subscribe()).await;
            continue;
        }
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        stream.write(now).map_err(|_| Gone)?;
        bytes = later;
    }
    stream.flush().map_err(|_| Gone)
}

/// Waits until everything written has left. A stream that is dropped before may lose its end.
pub(crate) async fn flush(stream: &OutputStream) -> Result<(), Gone> {
    while stream.check_write().map_err(|_| Gone)? == 0 {
        reactor::ready(stream.subscribe()).await;
    }
    Ok(())
}

/// Whether the other side reads no more.
pub(crate) fn is_gone(stream: &OutputStream) -> bool {
    stream.check_write().is_err()
}
