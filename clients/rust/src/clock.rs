//! Ids, chance and the time of day, from the standard library alone.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Unpredictable enough to be unique, and not secret: `SipHash` of a counter and the time under keys that the
/// operating system's randomness has made.
pub(crate) fn random() -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut hasher = KEYS.build_hasher();
    hasher.write_u64(COUNTER.fetch_add(1, Ordering::Relaxed));
    hasher.write_u128(since_epoch().as_nanos());
    hasher.finish()
}

/// A new id, sorted by time: a UUID version 7 (RFC 9562).
pub fn new_id() -> String {
    let time = since_epoch().as_millis() & 0xffff_ffff_ffff;
    let (left, right) = (u128::from(random()), u128::from(random()));
    let id = time << 80 | 0x7 << 76 | (left & 0xfff) << 64 | 0b10 << 62 | right & 0x3fff_ffff_ffff_ffff;
    let mut text = String::with_capacity(36);
    for (shift, digits) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)] {
        let part = (id >> shift) & ((1 << (digits * 4)) - 1);
        let separator = if text.is_empty() { "" } else { "-" };
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{part:0digits$x}");
    }
    text
}

/// A name that sorts after those that this process has made before, and, by the clock, after those of others.
pub(crate) fn sorted_name() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{:013}-{count:08}-{:08x}", since_epoch().as_millis(), random() & 0xffff_ffff)
}

/// A part of `whole` by chance: from half of it to all of it.
pub(crate) fn jittered(whole: Duration) -> Duration {
    let share = u32::try_from(random() % 1_000).unwrap_or(0);
    whole / 2 + whole * share / 2_000
}

/// Now, as RFC 3339 has it, in UTC with milliseconds.
pub(crate) fn now_text() -> String {
    text_of(since_epoch())
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Days to a date as in Howard Hinnant's `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
fn text_of(time: Duration) -> String {
    let seconds = time.as_secs();
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", time.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_of_version_7() {
        let ids: std::collections::HashSet<String> = (0..10_000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids {
            assert_eq!((id.len(), &id[14..15]), (36, "7"), "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }

    #[test]
    fn times_are_dates() {
        let text = |seconds: u64| text_of(Duration::from_millis(seconds * 1_000 + 7));
        assert_eq!(text(0), "1970-01-01T00:00:00.007Z");
        assert_eq!(text(951_827_696), "2000-02-29T12:34:56.007Z");
        assert_eq!(text(1_795_253_400), "2026-11-21T09:30:00.007Z");
    }
}
