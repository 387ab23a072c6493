//! The clock and waiting.

use std::pin::Pin;
use std::task::Poll;
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

/// In how many steps a time-out counts.
const STEPS: u32 = 5;
const SHORTEST_STEP: Duration = Duration::from_millis(1);

/// The output of `future`, or [`Elapsed`] once `limit` has passed; the future is dropped then.
///
/// The time is counted in steps, each by its own timer. Where an isolate has so much to do that timers ring late, it
/// would not have heard an answer either: such a step counts no more than any other, and nobody is given up because
/// this end was busy.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = std::pin::pin!(future);
    let mut countdown = Countdown::new(limit);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => countdown.poll(context).map(Err),
    })
    .await
}

/// The time that is left. Apart from the future, so that the code is there once and not for each kind of future.
struct Countdown {
    left: Duration,
    step: Duration,
    sleep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Countdown {
    fn new(limit: Duration) -> Self {
        let step = (limit / STEPS).max(SHORTEST_STEP);
        Self { left: limit, step, sleep: Box::pin(sleep(step.min(limit))) }
    }

    fn poll(&mut self, context: &mut std::task::Context<'_>) -> Poll<Elapsed> {
        while self.sleep.as_mut().poll(context).is_ready() {
            self.left = self.left.saturating_sub(self.step);
            if self.left.is_zero() {
                return Poll::Ready(Elapsed);
            }
            self.sleep = Box::pin(sleep(self.step.min(self.left)));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_time_out_lasts_its_time() {
        for limit_ms in [0, 3, 52] {
            let (limit, began_ms) = (Duration::from_millis(limit_ms), now_ms());
            assert_eq!(timeout(limit, std::future::pending::<()>()).await, Err(Elapsed));
            assert!(now_ms() - began_ms >= limit_ms.cast_signed(), "{limit_ms}");
        }
        assert_eq!(timeout(Duration::ZERO, std::future::ready(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn nobody_is_given_up_because_this_end_was_busy() {
        let answer = async {
            sleep(Duration::from_millis(20)).await;
            // The answer has taken 20 ms, and hears of it so late.
            let busy_until_ms = now_ms() + 200;
            while now_ms() < busy_until_ms {
                std::hint::spin_loop();
            }
            sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(timeout(Duration::from_millis(150), answer).await, Ok(()));
    }
}
