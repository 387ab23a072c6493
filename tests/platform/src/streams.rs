//! Streamed bodies.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::stream::{self, StreamExt};

use crate::{Platform, Query, fetches};

/// What a stream gives.
#[derive(serde::Deserialize)]
pub struct Ticks {
    count: u64,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    size: usize,
}

/// `count` chunks, `delay_ms` before each, of a line with its number, filled up to `size` bytes.
pub async fn ticks(Query(wanted): Query<Ticks>) -> Body {
    Body::from_stream(stream::iter(0..wanted.count).then(move |number| async move {
        if wanted.delay_ms > 0 {
            platform::time::sleep(Duration::from_millis(wanted.delay_ms)).await;
        }
        let mut line = format!("{number}\n").into_bytes();
        line.resize(line.len().max(wanted.size), b'.');
        Ok::<_, std::convert::Infallible>(Bytes::from(line))
    }))
}

/// One chunk, then a failure.
pub async fn broken() -> Body {
    let chunks = [Ok(Bytes::from_static(b"begun")), Err(std::io::Error::other("broken"))];
    Body::from_stream(stream::iter(chunks).then(|chunk| async {
        platform::time::sleep(Duration::from_millis(50)).await;
        chunk
    }))
}

/// Says when it is dropped.
struct Guard(Option<oneshot::Sender<()>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            // Nobody listens when the request is over; then nobody misses the news.
            let _heard = sender.send(());
        }
    }
}

/// Where to report, and how the stream goes on.
#[derive(serde::Deserialize)]
pub struct Watched {
    report: String,
    /// How many chunks there are.
    count: u64,
    /// The pause before each chunk but the first.
    delay_ms: u64,
}

/// A stream whose end is reported after the response, whether it came to its end or the client left.
pub async fn watched(Platform(context): Platform, Query(wanted): Query<Watched>) -> Body {
    let (sender, dropped) = oneshot::channel();
    context.tasks.spawn(async move {
        let _end = dropped.await;
        fetches::report(&wanted.report, "dropped").await;
    });
    let start = (Guard(Some(sender)), 0);
    Body::from_stream(stream::unfold(start, move |(guard, number)| async move {
        if number == wanted.count {
            return None;
        }
        if number > 0 {
            platform::time::sleep(Duration::from_millis(wanted.delay_ms)).await;
        }
        let chunk = Ok::<_, std::convert::Infallible>(Bytes::from(format!("{number}\n")));
        Some((chunk, (guard, number + 1)))
    }))
}
