//! What this isolate counts for itself while Redis is down. Bounded, and forgotten with the isolate.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::rate::{Quota, WINDOW_MS};
use crate::slots::LEASE_MS;

/// How long a Redis that failed is left alone, in milliseconds: one failure is not waited for by every request.
const REDIS_REST_MS: i64 = 1_000;
const MOST_WINDOWS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);
const MOST_HOLDERS: usize = 10_000;

static REDIS_RESTS_UNTIL_MS: AtomicI64 = AtomicI64::new(0);
static WINDOWS: LazyLock<Mutex<LruCache<String, Window>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(MOST_WINDOWS)));
/// When the lease of each holder ends, by slots and holder.
static HOLDERS: LazyLock<Mutex<HashMap<(String, String), i64>>> = LazyLock::new(Mutex::default);

#[derive(Clone, Copy)]
struct Window {
    ends_at_ms: i64,
    used: u64,
}

/// Whether Redis has just failed.
pub(crate) fn rests(now_ms: i64) -> bool {
    now_ms < REDIS_RESTS_UNTIL_MS.load(Ordering::Relaxed)
}

/// Redis has failed: says so, and leaves it alone for a while.
pub(crate) fn redis_failed(what: &str, reason: &str, now_ms: i64) {
    REDIS_RESTS_UNTIL_MS.store(now_ms + REDIS_REST_MS, Ordering::Relaxed);
    platform::warn!(
        "this isolate counts for itself, because redis does not answer",
        what = what,
        error = reason
    );
}

/// Counts one request, as the script does.
pub(crate) fn count(unit: &str, limit: u64, now_ms: i64) -> (bool, Quota) {
    let mut windows = lock(&WINDOWS);
    let fresh = Window { ends_at_ms: now_ms + WINDOW_MS, used: 0 };
    let mut window = windows.get(unit).copied().filter(|held| now_ms < held.ends_at_ms).unwrap_or(fresh);
    let is_admitted = window.used < limit;
    if is_admitted {
        window.used += 1;
        windows.push(unit.to_owned(), window);
    }
    let remaining = limit.saturating_sub(window.used);
    (is_admitted, Quota { limit, remaining, reset_ms: window.ends_at_ms - now_ms })
}

/// Takes a slot, as the script does. Nobody renews these leases but by taking again, so they are long.
pub(crate) fn take(slots: &str, holder: &str, most: u64, now_ms: i64) -> bool {
    let mut holders = lock(&HOLDERS);
    holders.retain(|_, ends_at_ms| now_ms < *ends_at_ms);
    let held = holders.keys().filter(|(of, _)| of == slots).count();
    if held as u64 >= most || holders.len() >= MOST_HOLDERS {
        return false;
    }
    holders.insert((slots.to_owned(), holder.to_owned()), now_ms + 10 * LEASE_MS);
    true
}

pub(crate) fn release(slots: &str, holder: &str) {
    lock(&HOLDERS).remove(&(slots.to_owned(), holder.to_owned()));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_admits_its_limit_and_begins_anew() {
        let counts = |now_ms| count("unit", 2, now_ms);
        assert_eq!(counts(1_000), (true, Quota { limit: 2, remaining: 1, reset_ms: WINDOW_MS }));
        assert_eq!(counts(2_000), (true, Quota { limit: 2, remaining: 0, reset_ms: WINDOW_MS - 1_000 }));
        assert_eq!(counts(3_000), (false, Quota { limit: 2, remaining: 0, reset_ms: WINDOW_MS - 2_000 }));
        assert!(counts(1_000 + WINDOW_MS).0);
        assert!(!count("nothing", 0, 0).0);
    }

    #[test]
    fn a_slot_comes_back_by_release_and_by_time() {
        assert!(take("team", "a", 2, 0) && take("team", "b", 2, 0) && !take("team", "c", 2, 0));
        assert!(take("other", "c", 2, 0), "another team's are another's");
        release("team", "a");
        assert!(take("team", "c", 2, 0) && !take("team", "d", 2, 0));
        assert!(take("team", "d", 2, 10 * LEASE_MS));
    }
}
