//! Answers that this isolate is writing. One that is stopped here stops also while Redis is down.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Id;
use platform::time;

/// Whether each is wished to stop.
static RUNNING: LazyLock<Mutex<HashMap<Id, bool>>> = LazyLock::new(Mutex::default);

/// An answer that is being written. Dropping it says that it is no longer.
pub(crate) struct Running(Id);

impl Running {
    pub(crate) fn new(message_id: &Id) -> Self {
        running().insert(message_id.clone(), false);
        Self(message_id.clone())
    }

    /// Waits, but not beyond a wish to stop by more than `step`. Whether there is one.
    pub(crate) async fn wait(&self, pause: Duration, step: Duration) -> bool {
        let mut left = pause;
        while !left.is_zero() && !self.is_to_stop() {
            let now = left.min(step);
            time::sleep(now).await;
            left -= now;
        }
        self.is_to_stop()
    }

    fn is_to_stop(&self) -> bool {
        running().get(&self.0).copied().unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        running().remove(&self.0);
    }
}

/// Wishes an answer to stop, if it is one of this isolate's. The caller has made sure that it is its team's.
pub(crate) fn ask_to_stop(message_id: &Id) -> bool {
    running().get_mut(message_id).map(|stop| *stop = true).is_some()
}

/// How many answers this isolate is writing.
pub(crate) fn count() -> usize {
    running().len()
}

fn running() -> MutexGuard<'static, HashMap<Id, bool>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_stops_while_it_runs() {
        let id = Id::new(domain::Kind::Message, 1, [1; 10]);
        assert!(!ask_to_stop(&id));
        let running = Running::new(&id);
        let step = Duration::from_millis(1);
        assert!(!running.wait(step, step).await);
        assert!(ask_to_stop(&id));
        assert!(running.wait(Duration::from_secs(60), step).await);
        drop(running);
        assert!(!ask_to_stop(&id));
    }
}
