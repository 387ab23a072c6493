//! The host's clocks.

use std::time::Duration;

use wasi::clocks::{monotonic_clock, wall_clock};

use super::reactor;

pub(crate) fn now_ms() -> i64 {
    let now = wall_clock::now();
    let seconds = i64::try_from(now.seconds).unwrap_or(i64::MAX);
    seconds.saturating_mul(1_000).saturating_add(i64::from(now.nanoseconds / 1_000_000))
}

pub(crate) async fn sleep(duration: Duration) {
    let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    reactor::ready(monotonic_clock::subscribe_duration(nanoseconds)).await;
}
