//! The runtime's clock and timers.

use std::time::Duration;

use worker::send::SendFuture;

pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far below 2^53")]
    let milliseconds = js_sys::Date::now() as i64;
    milliseconds
}

pub(crate) async fn sleep(duration: Duration) {
    SendFuture::new(worker::Delay::from(duration)).await;
}
