//! The clock and waiting.

use std::time::Duration;

/// Milliseconds since the Unix epoch. On Workers the clock stands still while a request only computes; it
/// advances with I/O.
pub fn now_ms() -> i64 {
    crate::host::time::now_ms()
}

/// Waits for `duration`.
pub async fn sleep(duration: Duration) {
    crate::host::time::sleep(duration).await;
}

/// The time ran out before the future was ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("timed out")]
pub struct Elapsed;

/// The output of `future`, or [`Elapsed`] once `limit` has passed; the future is dropped then.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let future = std::pin::pin!(future);
    let sleep = std::pin::pin!(sleep(limit));
    match futures_util::future::select(future, sleep).await {
        futures_util::future::Either::Left((output, _)) => Ok(output),
        futures_util::future::Either::Right(((), _)) => Err(Elapsed),
    }
}
