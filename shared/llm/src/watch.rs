//! The time-outs of one answer.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, select};
use platform::time::{now_ms, sleep};

use crate::error::Deadline;
use crate::settings::Timeouts;

/// Guards the wait for an answer's next piece.
///
/// One timer serves many waits: it is set again when it rings early, not for every chunk, because a timer is a
/// call out of the isolate on Workers.
pub(crate) struct Watch {
    total_at_ms: i64,
    token_at_ms: i64,
    token_deadline: Deadline,
    idle: Duration,
    timer: Option<Timer>,
}

impl Watch {
    /// Starts to wait for the first token.
    pub(crate) fn new(timeouts: &Timeouts, total_at_ms: i64) -> Self {
        Self {
            total_at_ms,
            token_at_ms: later(now_ms(), timeouts.first_token),
            token_deadline: Deadline::FirstToken,
            idle: timeouts.idle,
            timer: None,
        }
    }

    /// Starts to wait for the next token, because one has come.
    pub(crate) fn token(&mut self) {
        self.token_deadline = Deadline::Idle;
        self.wait_at_most(self.idle);
    }

    /// Whether a token has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.token_deadline == Deadline::Idle
    }

    /// Waits at most `duration` from now.
    pub(crate) fn wait_at_most(&mut self, duration: Duration) {
        self.token_at_ms = later(now_ms(), duration);
    }

    fn due(&self) -> (i64, Deadline) {
        if self.total_at_ms <= self.token_at_ms {
            (self.total_at_ms, Deadline::Total)
        } else {
            (self.token_at_ms, self.token_deadline)
        }
    }

    /// The output of `future`, or the deadline that passed first.
    pub(crate) async fn guard<F: Future>(&mut self, future: F) -> Result<F::Output, Deadline> {
        let mut future = pin!(future);
        let (due_ms, deadline) = self.due();
        loop {
            let mut timer = match self.timer.take() {
                Some(timer) if timer.rings_ms <= due_ms => timer,
                _ => Timer::start(due_ms),
            };
            match select(future.as_mut(), timer.ring.as_mut()).await {
                Either::Left((output, _)) => {
                    self.timer = Some(timer);
                    return Ok(output);
                }
                Either::Right(_) if now_ms() >= due_ms => return Err(deadline),
                Either::Right(_) => {}
            }
        }
    }
}

const LONGEST_TIMER_MS: u64 = 24 * 60 * 60 * 1000;

struct Timer {
    rings_ms: i64,
    ring: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Timer {
    fn start(rings_ms: i64) -> Self {
        // Workers' timers overflow at 24 days. One that rings early is started again.
        let wait = u64::try_from(rings_ms.saturating_sub(now_ms())).unwrap_or(0).min(LONGEST_TIMER_MS);
        Self { rings_ms, ring: Box::pin(sleep(Duration::from_millis(wait))) }
    }
}

/// `duration` after `from_ms`.
pub(crate) fn later(from_ms: i64, duration: Duration) -> i64 {
    from_ms.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
