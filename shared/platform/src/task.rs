//! Work that goes on after the response.

pub use crate::host::task::Tasks;

// On every platform `Tasks` has:
//   fn spawn(&self, future: impl Future<Output = ()> + Send + 'static)
// The platform keeps the request alive until the future is done: on Workers at most 30 s after the response.

/// Lets the answers that are being made go first: for work that nobody waits for, but which would take the processor
/// from them. On its first time such work is compiled as well, as long as an answer may take.
pub async fn after_the_answer() {
    crate::time::sleep(AFTER_THE_ANSWER).await;
}

const AFTER_THE_ANSWER: std::time::Duration = std::time::Duration::from_millis(100);
