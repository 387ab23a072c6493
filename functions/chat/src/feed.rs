//! From the task that generates an answer to the response that shows it.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_channel::{mpsc, oneshot};
use futures_core::Stream;

use crate::event::{Done, Failure, Usage};

/// What a response is told.
#[derive(Debug)]
pub(crate) enum Item {
    /// An event as it is sent.
    Event(String),
    /// How the answer ended, for who waits for the whole of it.
    End(Box<Ending>),
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) text: String,
    pub(crate) usage: Usage,
    pub(crate) result: Result<Done, Failure>,
}

/// The task's end. What nobody reads any more is dropped.
pub(crate) struct Feed(mpsc::UnboundedSender<Item>);

impl Feed {
    pub(crate) fn send(&self, item: Item) {
        // A reader that has left is noticed by [`Presence`], not by each event.
        let _left = self.0.unbounded_send(item);
    }

    /// Ends the response, after what was sent.
    pub(crate) fn close(&self) {
        self.0.close_channel();
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
/// answer is bounded (`llm::Settings::largest_answer`), and a slow reader shall not slow down its storing.
pub(crate) struct Reader {
    items: mpsc::UnboundedReceiver<Item>,
    _present: oneshot::Receiver<()>,
}

impl Stream for Reader {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        Pin::new(&mut self.items).poll_next(context)
    }
}

/// A new feed.
pub(crate) fn feed() -> (Feed, Presence, Reader) {
    let (sender, items) = mpsc::unbounded();
    let (presence, present) = oneshot::channel();
    (Feed(sender), Presence(presence), Reader { items, _present: present })
}
