//! From the task that generates an answer to the response that shows it.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_channel::{mpsc, oneshot};
use futures_core::Stream;

use crate::events::Event;

/// The task's end. What nobody reads any more is dropped.
pub(crate) struct Feed(mpsc::UnboundedSender<Event>);

impl Feed {
    pub(crate) fn send(&self, event: Event) {
        // A reader that has left is noticed by [`Presence`], not by each event.
        let _left = self.0.unbounded_send(event);
    }
}

/// Whether somebody reads.
pub(crate) struct Presence(oneshot::Sender<()>);

impl Presence {
    /// Waits until the reader has left.
    pub(crate) async fn end(&mut self) {
        self.0.cancellation().await;
    }
}

/// The response's end. Dropping it says that the client has left. What it has not read yet waits in memory: an
/// answer is bounded, and a slow reader shall not slow down its storing.
pub(crate) struct Reader {
    events: mpsc::UnboundedReceiver<Event>,
    _present: oneshot::Receiver<()>,
}

impl Stream for Reader {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        Pin::new(&mut self.events).poll_next(context)
    }
}

/// A new feed.
pub(crate) fn feed() -> (Feed, Presence, Reader) {
    let (sender, events) = mpsc::unbounded();
    let (presence, present) = oneshot::channel();
    (Feed(sender), Presence(presence), Reader { events, _present: present })
}
