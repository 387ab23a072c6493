//! Work after the response: the instance lives until it is done.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// How long work may go on after the response, as on Workers.
const AFTER_RESPONSE_LIMIT: Duration = Duration::from_secs(30);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work that goes on after the response, for at most 30 s.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Mutex<Vec<Work>>>);

impl Tasks {
    /// Goes on with `future` after the response.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.queue().push(Box::pin(crate::log::carried(future)));
    }

    /// Drives `response`, and beside it everything spawned, also by what was spawned.
    pub(crate) async fn drive(&self, response: impl Future<Output = ()>) {
        let mut response = pin!(response);
        let mut running = FuturesUnordered::new();
        let mut limit = None;
        std::future::poll_fn(|context| {
            if limit.is_none() && response.as_mut().poll(context).is_ready() {
                limit = Some(Box::pin(crate::time::sleep(AFTER_RESPONSE_LIMIT)));
            }
            let is_idle = self.poll_all(&mut running, context);
            match &mut limit {
                None => Poll::Pending,
                Some(_) if is_idle => Poll::Ready(()),
                Some(limit) => limit.as_mut().poll(context).map(|()| {
                    crate::warn!("work after the response was cut off", tasks = running.len());
                }),
            }
        })
        .await;
    }

    /// Polls what was spawned until all of it waits. True when nothing is left.
    fn poll_all(&self, running: &mut FuturesUnordered<Work>, context: &mut Context<'_>) -> bool {
        loop {
            running.extend(self.queue().drain(..));
            let step = running.poll_next_unpin(context);
            if self.queue().is_empty() {
                match step {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) => return true,
                    Poll::Pending => return false,
                }
            }
        }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Vec<Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
