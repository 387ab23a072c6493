//! From the task that asks a model to the response that shows the answer in `OpenAI`'s form.

use std::pin::pin;

use futures_channel::{mpsc, oneshot};
use futures_util::StreamExt;
use futures_util::future::{Either, select};

use crate::wire::Events;

/// The task's end.
pub(crate) struct Writer {
    events: mpsc::UnboundedSender<String>,
    presence: oneshot::Sender<()>,
}

/// The response's end. Dropping it says that the client has left.
pub(crate) struct Reader {
    events: mpsc::UnboundedReceiver<String>,
    present: oneshot::Receiver<()>,
}

/// A new feed.
pub(crate) fn feed() -> (Writer, Reader) {
    let (sender, events) = mpsc::unbounded();
    let (presence, present) = oneshot::channel();
    (Writer { events: sender, presence }, Reader { events, present })
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
        self.events().collect::<Vec<String>>().await.concat()
    }

    /// What comes, as it comes. The client is there as long as somebody holds the stream.
    pub(crate) fn events(self) -> Events {
        let Self { events, present } = self;
        Box::pin(events.map(move |event| {
            let _while_it_is_read = &present;
            event
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_ends_when_the_reader_leaves() {
        let (mut writer, reader) = feed();
        assert_eq!(writer.while_present(std::future::ready(1)).await, Some(1));
        let events = reader.events();
        assert_eq!(writer.while_present(std::future::ready(2)).await, Some(2));
        drop(events);
        assert_eq!(writer.while_present(std::future::pending::<()>()).await, None);
        writer.send("nobody reads this".to_owned());
    }

    #[tokio::test]
    async fn everything_is_there_at_the_end() {
        let (writer, reader) = feed();
        writer.send("a".to_owned());
        writer.send("b".to_owned());
        drop(writer);
        assert_eq!(reader.all().await, "ab");
    }
}
