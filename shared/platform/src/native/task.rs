//! Work after the response, on the tokio runtime.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

/// Work that goes on after the response.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Mutex<Vec<JoinHandle<()>>>>);

impl Tasks {
    /// Goes on with `future` after the response.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::spawn(crate::log::carried(future)));
    }

    /// Waits for everything spawned so far, also by what was spawned. Only native platforms can: tests use it.
    pub async fn finish(&self) {
        loop {
            let handle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(handle) = handle else { return };
            if let Err(error) = handle.await
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }
}
