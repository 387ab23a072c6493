//! Events on their way to a client.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::Fuse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use platform::time::{now_ms, sleep};

/// Events as they are sent, as they come.
pub(crate) type Events = Pin<Box<dyn Stream<Item = String> + Send>>;

/// How often a silent stream tries whether its client is still there: workerd notices that one has left only when
/// something is written.
const PROBE_EVERY_MS: i64 = 1_000;
/// A line that every reader skips. No blank line follows: some readers take that for an event after all.
const PROBE: &str = ":\n";
/// How many seconds of silence make a comment, which keeps the connection open.
const PROBES_PER_COMMENT: u32 = 15;
/// How much is written at once when events have piled up, in bytes.
const LARGEST_CHUNK: usize = 64 << 10;

/// The response.
pub(crate) fn respond(events: Events) -> Response {
    let silence = Silence::new(PROBE_EVERY_MS);
    let chunks = Chunks { pending: String::new(), events: events.fuse(), silence };
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Some proxies hold responses back until they are complete.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

struct Chunks {
    /// What is written and not sent yet.
    pending: String,
    /// Asked once more after its end, when there was something left to send.
    events: Fuse<Events>,
    silence: Silence,
}

impl Stream for Chunks {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut is_over = false;
        while this.pending.len() < LARGEST_CHUNK && !is_over {
            match Pin::new(&mut this.events).poll_next(context) {
                Poll::Ready(Some(event)) => this.pending.push_str(&event),
                Poll::Ready(None) => is_over = true,
                Poll::Pending => break,
            }
        }
        if !this.pending.is_empty() {
            this.silence.end();
            return Poll::Ready(Some(Ok(std::mem::take(&mut this.pending).into())));
        }
        if is_over {
            return Poll::Ready(None);
        }
        let rings = ready!(this.silence.poll(context));
        let is_long = rings.is_multiple_of(PROBES_PER_COMMENT);
        let comment = if is_long { llm::sse::comment("keep-alive") } else { PROBE.to_owned() };
        Poll::Ready(Some(Ok(comment.into())))
    }
}

/// Rings again and again while nothing is sent.
struct Silence {
    interval_ms: i64,
    since_ms: i64,
    rings: u32,
    /// Rings an interval after some event, be it one that others have followed: a timer for every event would cost
    /// more.
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Silence {
    fn new(interval_ms: i64) -> Self {
        Self { interval_ms, since_ms: now_ms(), rings: 0, timer: None }
    }

    /// Something was sent.
    fn end(&mut self) {
        self.since_ms = now_ms();
        self.rings = 0;
    }

    /// How often it has rung in this silence.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<u32> {
        loop {
            let (since_ms, interval_ms) = (self.since_ms, self.interval_ms);
            let timer = self.timer.get_or_insert_with(|| {
                // A clock that is set back shall not silence us, nor one that is set forward spin.
                let left_ms = (since_ms + interval_ms - now_ms()).clamp(1, interval_ms);
                Box::pin(sleep(Duration::from_millis(left_ms.unsigned_abs())))
            });
            ready!(timer.as_mut().poll(context));
            self.timer = None;
            if now_ms() - self.since_ms >= self.interval_ms {
                self.since_ms = now_ms();
                self.rings = self.rings.saturating_add(1);
                return Poll::Ready(self.rings);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_channel::mpsc::{UnboundedSender, unbounded};
    use futures_util::FutureExt;

    fn stream(interval_ms: i64) -> (UnboundedSender<String>, Chunks) {
        let (sender, events) = unbounded();
        let chunks = Chunks {
            pending: String::new(),
            events: (Box::pin(events) as Events).fuse(),
            silence: Silence::new(interval_ms),
        };
        (sender, chunks)
    }

    async fn next(chunks: &mut Chunks) -> Option<String> {
        let chunk = chunks.next().await?.unwrap();
        Some(String::from_utf8(chunk.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_has_piled_up_is_written_at_once_and_then_it_ends() {
        let (sender, mut chunks) = stream(60_000);
        assert!(chunks.next().now_or_never().is_none());
        for event in ["first", "second"] {
            sender.unbounded_send(event.to_owned()).unwrap();
        }
        drop(sender);
        assert_eq!(next(&mut chunks).await.unwrap(), "firstsecond");
        assert_eq!(next(&mut chunks).await, None);
    }

    #[tokio::test]
    async fn the_end_may_be_heard_of_twice() {
        let mut texts = vec!["only"].into_iter();
        let events: Events = Box::pin(futures_util::stream::unfold((), move |()| {
            let text = texts.next();
            async move { Some((text?.to_owned(), ())) }
        }));
        let mut chunks =
            Chunks { pending: String::new(), events: events.fuse(), silence: Silence::new(60_000) };
        assert_eq!(next(&mut chunks).await.unwrap(), "only");
        assert_eq!(next(&mut chunks).await, None);
    }

    #[tokio::test]
    async fn silence_is_broken_by_what_is_no_event() {
        let (sender, mut chunks) = stream(10);
        let began_ms = now_ms();
        for ring in 1..=2 * PROBES_PER_COMMENT {
            let is_long = ring == PROBES_PER_COMMENT || ring == 2 * PROBES_PER_COMMENT;
            let expected = if is_long { ": keep-alive\n\n" } else { ":\n" };
            assert_eq!(next(&mut chunks).await.unwrap(), expected, "{ring}");
        }
        assert!(now_ms() - began_ms >= 295);
        sender.unbounded_send("event".to_owned()).unwrap();
        assert_eq!(next(&mut chunks).await.unwrap(), "event");
        assert_eq!(next(&mut chunks).await.unwrap(), ":\n");
    }
}
