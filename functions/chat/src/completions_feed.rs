//! From the task that asks a model to the response that shows the answer in `OpenAI`'s form.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_channel::{mpsc, oneshot};
use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use platform::time::sleep;

/// How often a silent stream tries whether its client is still there: workerd notices that one has left only when
/// something is written.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// A line that every reader skips.
const PROBE: &str = ":\n";

/// The task's end.
pub(crate) struct Writer {
    events: mpsc::UnboundedSender<String>,
    presence: oneshot::Sender<()>,
}

/// The response's end. Dropping it says that the client has left.
pub(crate) struct Reader {
    events: mpsc::UnboundedReceiver<String>,
    _present: oneshot::Receiver<()>,
}

/// A new feed.
pub(crate) fn feed() -> (Writer, Reader) {
    let (sender, events) = mpsc::unbounded();
    let (presence, present) = oneshot::channel();
    (Writer { events: sender, presence }, Reader { events, _present: present })
}

impl Writer {
    /// What nobody reads any more is dropped.
    pub(crate) fn send(&self, event: String) {
        let _left = self.events.unbounded_send(event);
    }

    /// Does some work unless the reader leaves first, which drops it: `None`.
    pub(crate) async fn while_present<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        match select(pin!(work), pin!(self.presence.cancellation())).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(((), _)) => None,
        }
    }
}

impl Reader {
    /// Everything, once it is there.
    pub(crate) async fn all(self) -> String {
        let Self { events, _present } = self;
        events.collect::<Vec<String>>().await.concat()
    }

    /// A response that streams what comes.
    pub(crate) fn into_response(self) -> Response {
        let chunks = stream::unfold(self, |mut reader| async move {
            let chunk = match select(reader.events.next(), pin!(sleep(PROBE_EVERY))).await {
                Either::Left((None, _)) => return None,
                Either::Left((Some(event), _)) => Bytes::from(event),
                Either::Right(((), _)) => Bytes::from_static(PROBE.as_bytes()),
            };
            Some((Ok::<Bytes, Infallible>(chunk), reader))
        });
        let mut response = Response::new(Body::from_stream(chunks));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // Some proxies hold responses back until they are complete.
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_ends_when_the_reader_leaves() {
        let (mut writer, reader) = feed();
        assert_eq!(writer.while_present(std::future::ready(1)).await, Some(1));
        drop(reader);
        assert_eq!(writer.while_present(std::future::pending::<()>()).await, None);
        writer.send("nobody reads this".to_owned());
    }

    #[tokio::test]
    async fn silence_is_broken_by_what_is_no_event() {
        let (writer, reader) = feed();
        writer.send("data: 1\n\n".to_owned());
        let mut body = reader.into_response().into_body().into_data_stream();
        assert_eq!(body.next().await.unwrap().unwrap(), "data: 1\n\n");
        assert_eq!(body.next().await.unwrap().unwrap(), PROBE);
        drop(writer);
        assert!(body.next().await.is_none());
    }
}
