//! A turn as server-sent events.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use platform::time::{now_ms, sleep};

use crate::events::{Encoder, Meta};
use crate::feed::Reader;

/// How long the stream may be silent before a comment keeps the connection open.
const LONGEST_SILENCE_MS: i64 = 15_000;
/// How much is written at once when events have piled up, in bytes.
const LARGEST_CHUNK: usize = 64 << 10;

/// The response: `meta` at once, then everything that comes.
pub(crate) fn respond(meta: &Meta, reader: Reader) -> Response {
    let mut encoder = Encoder::default();
    let first = encoder.meta(meta);
    let silence = Silence { since_ms: now_ms(), timer: None };
    let events = Events { pending: first, reader, encoder, silence };
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Some proxies hold responses back until they are complete.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

struct Events {
    /// What is written and not sent yet.
    pending: String,
    reader: Reader,
    encoder: Encoder,
    silence: Silence,
}

impl Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut is_over = false;
        while this.pending.len() < LARGEST_CHUNK && !is_over {
            match Pin::new(&mut this.reader).poll_next(context) {
                Poll::Ready(Some(event)) => this.pending.push_str(&this.encoder.event(&event)),
                Poll::Ready(None) => is_over = true,
                Poll::Pending => break,
            }
        }
        if !this.pending.is_empty() {
            this.silence.since_ms = now_ms();
            return Poll::Ready(Some(Ok(std::mem::take(&mut this.pending).into())));
        }
        if is_over {
            return Poll::Ready(None);
        }
        ready!(this.silence.poll(context));
        Poll::Ready(Some(Ok(llm::sse::comment("keep-alive").into())))
    }
}

/// Rings when nothing was sent for a while.
struct Silence {
    since_ms: i64,
    /// Rings at the end of some silence, be it one that was broken: a timer for every event would cost more.
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Silence {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let left_ms = self.since_ms + LONGEST_SILENCE_MS - now_ms();
            let timer = self.timer.get_or_insert_with(|| {
                let wait = u64::try_from(left_ms).unwrap_or(0).clamp(1, LONGEST_SILENCE_MS.unsigned_abs());
                Box::pin(sleep(Duration::from_millis(wait)))
            });
            ready!(timer.as_mut().poll(context));
            self.timer = None;
            if now_ms() - self.since_ms >= LONGEST_SILENCE_MS {
                self.since_ms = now_ms();
                return Poll::Ready(());
            }
        }
    }
}
